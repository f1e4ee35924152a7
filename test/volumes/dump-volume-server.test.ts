import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { mountedOn } from '../../src/volumes/filesystem/mounts.ts';
import { startFleetServer } from '../fakes/fleet-server.ts';
import { ask } from '../fakes/graphql-client.ts';
import { cloudMachine, startLoopCloud } from '../fakes/volumes/loop-cloud.ts';
import { lacksLoopDevices } from '../fakes/volumes/loop-device.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it.skipIf(lacksLoopDevices())(
  'a server keeps its dumps on a volume of its own: made, formatted by word, mounted, written to, found again, unmounted at the end',
  async () => {
    const cloud = await startLoopCloud();
    const folder = temporaryFolder();
    const dumpDir = join(folder, 'dumps');
    onTestFinished(() => promisify(execFile)('umount', [dumpDir]).then(undefined, () => undefined));
    const variables = { DUMP_DIR: dumpDir, ...cloud.variables };
    const withVolume = { ...variables, DUMP_VOLUME: 'vault', DUMP_VOLUME_FREE: '1M' };
    await expect(startFleetServer(withVolume, folder)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('DUMP_VOLUME=vault'),
    });

    const first = await startFleetServer(variables, folder);
    await first.run('createVolume(input: { name: "vault", sizeBytes: 1073741824 })');
    expect(await first.run(`attachVolume(volume: "vault", vm: "${cloudMachine}")`)).toMatchObject({
      state: 'COMPLETED',
    });
    const unconfirmed = 'mutation { formatVolume(volume: "vault", confirm: "yes") { errors { code } } }';
    expect((await ask(first.url, unconfirmed)).data.formatVolume.errors).toEqual([{ code: 'BAD_INPUT' }]);
    expect(await first.run('formatVolume(volume: "vault", confirm: "vault")')).toMatchObject({ state: 'COMPLETED' });
    await first.close();

    const server = await startFleetServer(withVolume, folder);
    const { volumeDevice } = await server.query('{ volumeDevice(volume: "vault") { rdev } }');
    expect(await mountedOn(dumpDir)).toBe(volumeDevice.rdev);
    const id = await server.dump('web-01');
    const files = await readdir(dumpDir, { recursive: true });
    expect(files.filter((name) => name.endsWith('.zst'))).toHaveLength(1);
    // Nobody takes it away under the dumps.
    expect(await server.run('detachVolume(volume: "vault")')).toMatchObject({ error: { code: 'VOLUME_IN_USE' } });
    await server.close();
    expect(await mountedOn(dumpDir)).toBeNull();
    expect(await readdir(dumpDir)).toEqual([]);

    const next = await startFleetServer(withVolume, folder);
    expect(await next.run(`verifyDump(id: "${id}")`)).toMatchObject({ state: 'COMPLETED', result: { intact: true } });
    await next.close();
    expect(await mountedOn(dumpDir)).toBeNull();
  },
  300_000,
);
