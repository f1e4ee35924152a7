import { mkdtemp, readdir, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDemoDisks } from '../../src/volumes/demo/demo-disks.ts';
import { createDemoProvider } from '../../src/volumes/demo/demo-provider.ts';
import { serialOf } from '../../src/volumes/serial.ts';
import { volumeProviderSuite, volumeSpec } from '../contracts/volume-provider.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const machines = ['11111111-0000-4000-8000-000000000001', '11111111-0000-4000-8000-000000000002'] as const;
const hasMachine = async (id: string) => (machines as readonly string[]).includes(id);

volumeProviderSuite('demo', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'memoir-demo-'));
  const disks = await openDemoDisks(folder);
  const provider = createDemoProvider({ disks, hasMachine });
  return { provider, machines, dispose: () => rm(folder, { recursive: true }) };
});

describe('the demo disks', () => {
  const { signal } = new AbortController();

  it('are there again after a restart, attached as before, with a diskseq that no other gets', async () => {
    const folder = temporaryFolder();
    const first = await openDemoDisks(folder);
    const provider = createDemoProvider({ disks: first, hasMachine });
    const { mark } = await provider.create(volumeSpec(), signal);
    await provider.attach({ mark, machineId: machines[0] }, signal);
    const before = await first.scan();
    const second = await openDemoDisks(folder);
    expect(await second.scan()).toEqual(before);
    const again = createDemoProvider({ disks: second, hasMachine });
    await again.detach({ mark, machineId: machines[0] }, signal);
    await again.attach({ mark, machineId: machines[0] }, signal);
    const [device] = await second.scan();
    expect(device).toMatchObject({ name: before[0]?.name, serial: serialOf(mark) });
    expect(device?.diskseq).toBeGreaterThan(before[0]?.diskseq as number);
  });

  it('are files of their size, with a link for the device that is gone with it', async () => {
    const folder = temporaryFolder();
    const disks = await openDemoDisks(folder);
    const provider = createDemoProvider({ disks, hasMachine });
    const told: string[] = [];
    disks.watch(({ type, device }) => told.push(`${type} ${device.name}`));
    const { mark, path } = await provider.create(volumeSpec(), signal);
    await provider.attach({ mark, machineId: machines[0] }, signal);
    const [device] = await disks.scan();
    expect(await readlink(device?.path as string)).toBe(`../disks/${mark}.img`);
    expect((await stat(device?.path as string)).size).toBe(8 * 2 ** 20);
    await provider.detach({ mark, machineId: machines[0] }, signal);
    expect(await readdir(join(folder, 'dev'))).toEqual([]);
    await provider.delete(mark, signal);
    await expect(stat(path as string)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(told).toEqual(['APPEARED vdb', 'GONE vdb']);
  });
});
