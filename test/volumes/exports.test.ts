import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectQmp } from '../../src/volumes/exports/qmp-client.ts';
import { createStorageDaemon } from '../../src/volumes/exports/storage-daemon.ts';
import { exportIdOf } from '../../src/volumes/exports/volume-exports.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { openVolumeServer, type VolumeServerOptions } from '../fakes/volumes/volume-server.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);
const size = 2 ** 20;
const caller = { actor: 'tester' };

describe.skipIf(lacks('qemu-storage-daemon', 'qemu-img', 'qemu-io', 'nbdinfo', 'nbdcopy'))('exports', () => {
  async function open(options: VolumeServerOptions = {}, folder = temporaryFolder()) {
    const server = await openVolumeServer(folder, { open: openSameThreadDatabase, ...options });
    onTestFinished(() => server.close());
    const { volumes, ended } = server;
    const done = async (operation: ReturnType<typeof volumes.attach>) => {
      const end = await ended(operation);
      return end.state === 'COMPLETED' ? 'COMPLETED' : end.error?.code;
    };
    /** A volume with bytes of its own. */
    const make = async (name: string, attach = true) => {
      await done(volumes.create({ name, sizeBytes: size, placement: { zone: null, offering: null } }, caller));
      const volume = await volumes.get(name);
      const bytes = randomBytes(size);
      await writeFile(server.disks.fileOf(volume?.id as string), bytes);
      if (attach) await done(volumes.attach(name, 'db01', caller));
      return { id: volume?.id as string, bytes };
    };
    const uriOf = async (name: string) => (await volumes.get(name))?.export?.uri as string;
    return { ...server, folder, done, make, uriOf };
  }
  /** What a client reads, as its digest. */
  async function read(uri: string): Promise<string> {
    const copy = join(temporaryFolder(), 'copy');
    await run('nbdcopy', [uri, copy]);
    return sha256(await readFile(copy));
  }
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

  it('show a volume’s bytes to every client, and let none write', async () => {
    const { volumes, done, make, uriOf, disks, folder } = await open();
    const { id, bytes } = await make('data');
    expect(await done(volumes.addExport('data', false, caller))).toBe('COMPLETED');
    const uri = await uriOf('data');
    expect(await read(uri)).toBe(sha256(bytes));
    await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', uri, disks.fileOf(id)]);
    const info = JSON.parse((await run('nbdinfo', ['--json', uri])).stdout).exports[0];
    expect(info).toMatchObject({ 'export-name': 'data', 'export-size': size, is_read_only: true });
    await expect(run('nbdcopy', [disks.fileOf(id), uri])).rejects.toThrow();
    for (const socket of ['nbd.sock', 'control.sock'])
      expect((await stat(join(folder, 'nbd', socket))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'nbd'))).mode & 0o777).toBe(0o700);
  });

  it('are writable where that was asked for', async () => {
    const { volumes, done, make, uriOf, disks } = await open();
    const { id } = await make('data');
    await done(volumes.addExport('data', true, caller));
    const image = join(temporaryFolder(), 'image');
    const bytes = randomBytes(size);
    await writeFile(image, bytes);
    await run('nbdcopy', ['--flush', image, await uriOf('data')]);
    expect(sha256(await readFile(disks.fileOf(id)))).toBe(sha256(bytes));
  });

  it('of several volumes stand side by side, also of one that is attached nowhere', async () => {
    const { volumes, done, make, uriOf } = await open();
    const made = [await make('one'), await make('two'), await make('three', false)];
    for (const name of ['one', 'two', 'three'])
      expect(await done(volumes.addExport(name, false, caller))).toBe('COMPLETED');
    for (const [index, name] of ['one', 'two', 'three'].entries())
      expect(await read(await uriOf(name))).toBe(sha256(made[index]?.bytes as Uint8Array));
    const { stdout } = await run('nbdinfo', ['--list', '--json', (await uriOf('one')).replace('/one', '/')]);
    expect(JSON.parse(stdout).exports).toHaveLength(3);
  });

  it('hold their volume: it is neither detached nor deleted nor attached before they have ended', async () => {
    const { volumes, done, make, exports } = await open();
    await make('data');
    await make('loose', false);
    for (const name of ['data', 'loose']) await done(volumes.addExport(name, false, caller));
    await expect(volumes.detach('data', null, caller)).rejects.toMatchObject({ code: 'VOLUME_IN_USE' });
    await expect(volumes.remove('loose', caller)).rejects.toMatchObject({ code: 'VOLUME_IN_USE' });
    await expect(volumes.attach('loose', 'db01', caller)).rejects.toMatchObject({ code: 'VOLUME_IN_USE' });
    for (const name of ['data', 'loose']) expect(await done(volumes.removeExport(name, caller))).toBe('COMPLETED');
    expect(await exports.list()).toEqual(new Set());
    expect(await done(volumes.detach('data', null, caller))).toBe('COMPLETED');
  });

  it('are refused for a device that came again, or has gone', async () => {
    const { volumes, done, make, disks, exports } = await open();
    const { id } = await make('data');
    const disk = { mark: id, sizeBytes: size };
    const device = { machineId: '11111111-0000-4000-8000-000000000001', name: 'vdb' };
    await disks.change((all, next) => void all.set(id, { ...disk, device: { ...device, diskseq: next() } }));
    expect(await done(volumes.addExport('data', false, caller))).toBe('DEVICE_CHANGED');
    await disks.change((all) => void all.set(id, { ...disk, device: null }));
    expect(await done(volumes.addExport('data', false, caller))).toBe('DEVICE_MISSING');
    expect(await exports.list()).toEqual(new Set());
  });

  it('are refused, and leave nothing open, when the device is exchanged between the two looks at it', async () => {
    const { make, exports, volumes, daemon } = await open();
    await make('data');
    const volume = await volumes.get('data');
    const paths = [volume?.device?.path as string, '/dev/null'];
    const verify = async () => ({ path: paths.shift() as string, rdev: null, format: 'raw' });
    await expect(exports.add(volume as never, false, verify)).rejects.toMatchObject({ code: 'DEVICE_CHANGED' });
    expect(await exports.list()).toEqual(new Set());
    const nodes = (await (await daemon.client()).execute('query-named-block-nodes')) as unknown[];
    expect(nodes).toEqual([]);
  });

  it('wait for their clients, then cut them off; the bytes are released before they have ended', async () => {
    const { volumes, done, make, uriOf, daemon } = await open({ exportGraceMs: 300 });
    await make('data');
    await done(volumes.addExport('data', false, caller));
    const client = spawn('qemu-io', ['-r', '-f', 'raw', await uriOf('data')], { stdio: ['pipe', 'pipe', 'pipe'] });
    onTestFinished(() => void client.kill());
    await new Promise((resolve) => client.stdout.once('data', resolve));
    expect(await done(volumes.removeExport('data', caller))).toBe('COMPLETED');
    expect(await (await daemon.client()).execute('query-named-block-nodes')).toEqual([]);
    expect((await volumes.get('data'))?.export).toBeNull();
  });

  it('are made again of verified bytes after the storage daemon was killed, and not of others', async () => {
    const { volumes, done, make, uriOf, daemon, exports, disks } = await open();
    const { bytes } = await make('data');
    const { id: other } = await make('other');
    for (const name of ['data', 'other']) await done(volumes.addExport(name, false, caller));
    const client = await daemon.client();
    await client.execute('quit').catch(() => undefined);
    await client.closed;
    expect(await exports.list()).toEqual(new Set());
    await disks.change((all) => void all.set(other, { mark: other, sizeBytes: size, device: null }));
    const report = await volumes.reconcile();
    expect(report.repaired).toContain('data: its export was made again');
    expect(await read(await uriOf('data'))).toBe(sha256(bytes));
    expect((await volumes.get('other'))?.export).toBeNull();
    expect(await exports.list()).toHaveProperty('size', 1);
  });

  it('are found again when the connection to the daemon was lost, as by the next server after a kill; what nobody asked for is removed', async () => {
    const { volumes, done, make, exports, daemon } = await open();
    const { id } = await make('data');
    await make('stray');
    await done(volumes.addExport('data', false, caller));
    // A server that was killed between the export and the journal's entry of it.
    const stray = await volumes.get('stray');
    const source = async () => ({ path: stray?.device?.path as string, rdev: null, format: 'raw' });
    await exports.add(stray as never, false, source);
    await (await daemon.client()).close();
    expect(await exports.list()).toEqual(new Set([exportIdOf(id), exportIdOf(stray?.id as string)]));
    const report = await volumes.reconcile();
    expect(report.repaired).toEqual(['stray: an export that nobody asked for was removed']);
    expect(await exports.list()).toEqual(new Set([exportIdOf(id)]));
  });

  it('end with the server, and so does their daemon', async () => {
    const server = await open();
    await server.make('data');
    await server.done(server.volumes.addExport('data', false, caller));
    const control = join(server.folder, 'nbd', 'control.sock');
    await server.close();
    await expect
      .poll(() =>
        connectQmp(control).then(
          () => 'there',
          () => 'gone',
        ),
      )
      .toBe('gone');
  });
});

it('an export where there is no storage daemon is refused with what to install', async () => {
  const folder = temporaryFolder();
  const daemon = createStorageDaemon({ folder, program: '/nonexistent/qemu-storage-daemon' });
  await expect(daemon.client()).rejects.toMatchObject({
    code: 'NOT_CONFIGURED',
    hint: expect.stringContaining('qemu-utils'),
  });
});
