import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { lacksLoopDevices } from '../fakes/volumes/loop-device.ts';
import { loopWorld } from '../fakes/volumes/loop-world.ts';
import { openVolumeServer } from '../fakes/volumes/volume-server.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);
const caller = { actor: 'tester' };

/** A size that no other test's device has: without serials it is what a new device is known by. */
const oddSize = (): number => 16 * 2 ** 20 + 512 * Math.floor(Math.random() * 10_000);

async function open() {
  const folder = temporaryFolder();
  const loops = loopWorld((mark) => join(folder, 'demo', 'disks', `${mark}.img`));
  const server = await openVolumeServer(folder, { open: openSameThreadDatabase, lie: loops.world });
  onTestFinished(async () => {
    await server.close();
    await loops.close();
  });
  const { volumes, ended } = server;
  const attach = async (name: string) => {
    await ended(volumes.create({ name, sizeBytes: oddSize(), placement: { zone: null, offering: null } }, caller));
    expect(await ended(volumes.attach(name, 'db01', caller))).toMatchObject({ state: 'COMPLETED' });
    return volumes.device(name);
  };
  const mount = async (path: string) => {
    const at = join(folder, 'mounted');
    await mkdir(at);
    await run('mount', [path, at]);
    onTestFinished(() => run('umount', [at]).then(undefined, () => undefined));
    return at;
  };
  return { ...server, loops, attach, mount };
}

describe.skipIf(lacksLoopDevices())('a volume that is a real device of this host', () => {
  it('is not detached while it is mounted, in whatever namespace; flushed, then taken away', async () => {
    const { volumes, ended, attach, mount } = await open();
    const { path, name } = await attach('data');
    await run('mkfs.ext4', ['-q', path]);
    const at = await mount(path);
    expect(await ended(volumes.detach('data', null, caller))).toMatchObject({
      error: { code: 'VOLUME_IN_USE', message: expect.stringContaining(`mounted on ${at}`) },
    });
    expect(await volumes.get('data')).toMatchObject({ state: 'ATTACHED', problem: null });
    await run('umount', [at]);

    const elsewhere = spawn('unshare', ['--mount', 'sh', '-c', `mount ${path} ${at} && echo mounted && read _`]);
    onTestFinished(() => void elsewhere.kill('SIGKILL'));
    await new Promise((resolve) => elsewhere.stdout.once('data', resolve));
    expect(await ended(volumes.detach('data', null, caller))).toMatchObject({ error: { code: 'VOLUME_IN_USE' } });
    const left = new Promise((resolve) => elsewhere.once('exit', resolve));
    elsewhere.stdin.end('\n');
    await left;

    // What is called to flush it writes down when.
    const tools = temporaryFolder();
    const log = join(tools, 'log');
    await writeFile(join(tools, 'blockdev'), `#!/bin/sh\necho "$@" $(cat /sys/block/${name}/size) >> ${log}\n`);
    await chmod(join(tools, 'blockdev'), 0o755);
    const { PATH } = process.env;
    process.env.PATH = `${tools}:${PATH}`;
    const detached = await ended(volumes.detach('data', null, caller));
    process.env.PATH = PATH;
    expect(detached).toMatchObject({ state: 'COMPLETED' });
    // The device was there still: a size of nothing is one that has gone.
    expect(await readFile(log, 'utf8')).toMatch(new RegExp(`^--flushbufs ${path} [1-9]\\d*\n$`));
  });

  it('loses its name at once when the device goes: the next one may take its path', async () => {
    const { volumes, attach, loops, names } = await open();
    const { path } = await attach('data');
    expect(await names.list()).toEqual(new Map([['data', path]]));
    await loops.pull((await volumes.get('data'))?.id as string);
    await expect.poll(() => names.list()).toEqual(new Map());
    await expect(volumes.device('data')).rejects.toMatchObject({ code: 'DEVICE_MISSING' });
  });

  it.skipIf(lacks('qemu-storage-daemon', 'qemu-img', 'nbdinfo', 'nbdcopy'))(
    'shows its bytes over NBD, and never those of a device that took its place',
    async () => {
      const { volumes, ended, attach, loops } = await open();
      const { path, name, sizeBytes } = await attach('data');
      const bytes = randomBytes(sizeBytes);
      await writeFile(path, bytes);
      expect(await ended(volumes.addExport('data', false, caller))).toMatchObject({ state: 'COMPLETED' });
      const uri = (await volumes.get('data'))?.export?.uri as string;
      const copy = join(temporaryFolder(), 'copy');
      await run('nbdcopy', [uri, copy]);
      expect((await readFile(copy)).equals(bytes)).toBe(true);
      await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', uri, path]);
      expect((await run('nbdinfo', ['--size', uri])).stdout).toBe(`${sizeBytes}\n`);
      expect(await ended(volumes.removeExport('data', caller))).toMatchObject({ state: 'COMPLETED' });

      await loops.pull((await volumes.get('data'))?.id as string);
      // Somebody's disk of the same size comes, and gets the same name and number.
      await run('losetup', [`/dev/${name}`, copy]);
      onTestFinished(() => run('losetup', ['--detach', `/dev/${name}`]).then(undefined, () => undefined));
      expect(await ended(volumes.addExport('data', false, caller))).toMatchObject({
        error: { code: expect.stringMatching(/^DEVICE_/) },
      });
    },
    120_000,
  );
});
