import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mountDumpVolume } from '../../src/volumes/dump-volume.ts';
import { placesToRead, proveEmpty } from '../../src/volumes/filesystem/emptiness.ts';
import { mountedOn } from '../../src/volumes/filesystem/mounts.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { lacksLoopDevices } from '../fakes/volumes/loop-device.ts';
import { loopWorld } from '../fakes/volumes/loop-world.ts';
import { openVolumeServer } from '../fakes/volumes/volume-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);
const caller = { actor: 'tester' };
const mebibyte = 2 ** 20;
const signal = new AbortController().signal;

/** A size that no other test's device has: without serials it is what a new device is known by. */
const oddSize = (): number => 24 * mebibyte + 512 * Math.floor(Math.random() * 10_000);

/** Whether this container lets a mounted file system grow: CAP_SYS_RESOURCE (capabilities(7)) is bit 24. */
function mayGrow(): boolean {
  const held = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  return ((BigInt(`0x${held}`) >> 24n) & 1n) === 1n;
}

async function start() {
  const folder = temporaryFolder();
  const loops = loopWorld((mark) => join(folder, 'demo', 'disks', `${mark}.img`));
  const server = await openVolumeServer(folder, { open: openSameThreadDatabase, lie: loops.world });
  onTestFinished(async () => {
    await server.close();
    await loops.close();
  });
  const { volumes, ended, catalogue, finder, names, operations } = server;
  const told: unknown[] = [];
  const log = { warn: (facts: object) => void told.push(facts), error: (facts: object) => void told.push(facts) };
  const dumpDir = join(folder, 'dumps');
  const attach = async () => {
    await ended(
      volumes.create({ name: 'dumps', sizeBytes: oddSize(), placement: { zone: null, offering: null } }, caller),
    );
    await ended(volumes.attach('dumps', 'db01', caller));
    return volumes.device('dumps');
  };
  const mount = async (policy = { freeBytes: 0, maxBytes: null as number | null }) => {
    const parts = { catalogue, finder, names, log, folder: dumpDir, volume: 'dumps', watchMs: 1e6 };
    const mounted = await mountDumpVolume({ ...parts, ...policy });
    onTestFinished(() => mounted.close());
    mounted.watch(volumes, operations);
    return mounted;
  };
  const format = async () => {
    const end = await ended(volumes.format('dumps', 'dumps', caller));
    return end.state === 'COMPLETED' ? 'COMPLETED' : end.error?.code;
  };
  return { ...server, loops, told, dumpDir, attach, mount, format };
}

describe.skipIf(lacksLoopDevices())('formatting a volume', { timeout: 180_000 }, () => {
  it('makes a file system of its own UUID on what is proven empty and asked for by word; once more changes nothing', async () => {
    const { volumes, attach, format } = await start();
    const { path } = await attach();
    await expect(volumes.format('dumps', 'something else', caller)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect(await format()).toBe('COMPLETED');
    const shown = async () => (await run('blkid', ['-p', '-o', 'export', path])).stdout;
    const first = await shown();
    expect(first).toContain('TYPE=ext4');
    expect(first).toContain(`UUID=${(await volumes.get('dumps'))?.id}`);
    expect(await format()).toBe('COMPLETED');
    expect(await shown()).toBe(first);
  });

  it.each([
    ['somebody’s file system', (path: string) => run('mkfs.ext4', ['-q', path])],
    ['a boot sector', (path: string) => put(path, 510, [0x55, 0xaa])],
    ['bytes that nothing recognises, in the middle', (path: string) => put(path, 11 * mebibyte + 77)],
    [
      'a single byte at the end',
      async (path: string) => put(path, Number((await run('blockdev', ['--getsize64', path])).stdout) - 1),
    ],
  ])('refuses %s, and writes nothing', async (_, fill) => {
    const { attach, format } = await start();
    const { path } = await attach();
    await fill(path);
    const digest = async () => (await run('sha256sum', [path])).stdout;
    const before = await digest();
    expect(await format()).toBe('VOLUME_NOT_EMPTY');
    expect(await digest()).toBe(before);
  });

  it('refuses a device that came again since it was verified, and one that is gone', async () => {
    const { volumes, attach, format, loops } = await start();
    await attach();
    await loops.pull((await volumes.get('dumps'))?.id as string);
    expect(await format()).toBe('DEVICE_MISSING');
  });
});

async function put(path: string, position: number, bytes = [1]): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write(Buffer.from(bytes), 0, bytes.length, position);
  await handle.sync();
  await handle.close();
}

describe.skipIf(lacksLoopDevices())('the volume of the dumps', { timeout: 180_000 }, () => {
  it('is mounted on their folder, grows with its file system when space is short, and is unmounted at the end', async () => {
    const { volumes, attach, format, mount, dumpDir, ended, told } = await start();
    const { rdev, sizeBytes } = await attach();
    expect(await format()).toBe('COMPLETED');
    const mounted = await mount({ freeBytes: 12 * mebibyte, maxBytes: 64 * mebibyte });
    expect(await mountedOn(dumpDir)).toBe(rdev);
    expect(await readdir(dumpDir)).toEqual([]);
    expect((await stat(dumpDir)).mode & 0o777).toBe(0o700);
    await writeFile(join(dumpDir, 'dump'), Buffer.alloc(14 * mebibyte, 1));
    // Nobody takes it away or writes beside it meanwhile.
    expect(await ended(volumes.detach('dumps', null, caller))).toMatchObject({ error: { code: 'VOLUME_IN_USE' } });
    expect(await ended(volumes.addExport('dumps', true, caller))).toMatchObject({ error: { code: 'VOLUME_IN_USE' } });
    expect(await format()).toBe('VOLUME_IN_USE');
    await mounted.look();
    const grown = await volumes.get('dumps');
    expect(grown?.sizeBytes).toBeGreaterThan(sizeBytes);
    if (mayGrow()) {
      await writeFile(join(dumpDir, 'another'), Buffer.alloc(12 * mebibyte, 2));
      expect(told).toEqual([{ volume: 'dumps', sizeBytes: grown?.sizeBytes }]);
    } else
      expect(told[1]).toMatchObject({
        error: { code: 'NOT_CONFIGURED', hint: expect.stringContaining('CAP_SYS_RESOURCE') },
      });
    await mounted.close();
    expect(await mountedOn(dumpDir)).toBeNull();
    expect(await ended(volumes.detach('dumps', null, caller))).toMatchObject({ state: 'COMPLETED' });
  });

  it('is found mounted by the server that comes after a kill, and mounted again where somebody unmounted it', async () => {
    const { attach, format, mount, dumpDir, told } = await start();
    const { rdev } = await attach();
    await format();
    await mount();
    const next = await mount();
    expect(await mountedOn(dumpDir)).toBe(rdev);
    await run('umount', [dumpDir]);
    await next.look();
    expect(await mountedOn(dumpDir)).toBe(rdev);
    expect(told).toHaveLength(1);
  });

  it('is refused unless it is there, formatted by us, and hides no files; nothing is mounted then', async () => {
    const { attach, mount, dumpDir, format, loops, volumes } = await start();
    await expect(mount()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const { path } = await attach();
    await expect(mount()).rejects.toMatchObject({ code: 'VOLUME_NOT_EMPTY', hint: expect.stringContaining('format') });
    await format();
    const mounted = await mount();
    await mounted.close();
    await writeFile(join(dumpDir, 'older dump'), '');
    await expect(mount()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await run('rm', [join(dumpDir, 'older dump')]);
    // A file system of somebody else's, on the volume's own device.
    await run('mkfs.ext4', ['-q', '-F', path]);
    await expect(mount()).rejects.toMatchObject({ code: 'VOLUME_NOT_EMPTY' });
    await loops.pull((await volumes.get('dumps'))?.id as string);
    await expect(mount()).rejects.toMatchObject({ code: 'DEVICE_MISSING' });
    expect(await mountedOn(dumpDir)).toBeNull();
  });
});

describe('emptiness', () => {
  it('is proven of every byte of a small device, and of both ends and samples of a large one', async () => {
    expect(placesToRead(3 * mebibyte + 512)).toEqual([0, mebibyte, 2 * mebibyte, 3 * mebibyte]);
    const large = placesToRead(2 ** 40);
    expect(large).toHaveLength(64 + 256 + 64);
    expect(large[0]).toBe(0);
    expect(large.at(-1)).toBe(2 ** 40 - mebibyte);
    expect(large.toSorted((a, b) => a - b)).toEqual(large);
  });

  it('is not proven of a device that is shorter than it says', async () => {
    const file = join(temporaryFolder(), 'device');
    await writeFile(file, '');
    await truncate(file, mebibyte);
    const handle = await open(file);
    onTestFinished(() => handle.close());
    await proveEmpty('data', handle, mebibyte, signal);
    await expect(proveEmpty('data', handle, 2 * mebibyte, signal)).rejects.toMatchObject({ code: 'DEVICE_CHANGED' });
  });
});
