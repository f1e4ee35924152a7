import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SnapshotSocket, type SnapshotSockets } from '../../../src/machines/libvirt/snapshot/snapshot-socket.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const isRoot = process.getuid?.() === 0;

function places(more: { guestSocket?: string; owner?: SnapshotSockets['owner'] } = {}) {
  const folder = temporaryFolder();
  const own = { folder: join(folder, 'own'), path: join(folder, 'own', 'memory.sock') };
  return { guestSocket: join(folder, 'guest.sock'), ownSocket: own, owner: null, ...more };
}
async function listening(options: SnapshotSockets): Promise<SnapshotSocket> {
  const socket = await SnapshotSocket.listen(options);
  onTestFinished(() => socket.close());
  return socket;
}
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

it('QEMU may come by either place; the first that comes is the one, and nobody is let in after it', async () => {
  const options = places();
  const socket = await listening(options);
  const qemu = connect(options.ownSocket.path);
  const taken = await socket.connected;
  onTestFinished(() => void [qemu, taken].map((one) => one.destroy()));
  expect(taken.isPaused()).toBe(true);
  const [late] = await once(connect(options.guestSocket), 'error');
  expect(late).toMatchObject({ code: expect.stringMatching(/ENOENT|ECONNREFUSED/) });
  await socket.close();
  expect([options.guestSocket, options.ownSocket.folder].filter((path) => existsSync(path))).toEqual([]);
  // What was taken goes on.
  const heard = once(qemu, 'data');
  taken.write('still here');
  expect(String((await heard)[0])).toBe('still here');
});

it('a connection that breaks is no fault of the server’s', async () => {
  const options = places();
  const socket = await listening(options);
  const qemu = connect(options.guestSocket);
  const taken = await socket.connected;
  const closed = new Promise((done) => taken.once('close', done));
  taken.destroy(new Error('reset'));
  await closed;
  qemu.destroy();
});

it('its folder can be passed and not read, whatever the umask; without an owner to give it to, anybody who knows the name may connect', async () => {
  const before = process.umask(0o077);
  onTestFinished(() => void process.umask(before));
  const options = places();
  await listening(options);
  expect([options.ownSocket.folder, options.ownSocket.path, options.guestSocket].map(modeOf)).toEqual([
    '711',
    '777',
    '777',
  ]);
});

it.runIf(isRoot)('with an owner it is that owner’s alone', async () => {
  const options = places({ owner: { user: 64055, group: 108 } });
  await listening(options);
  for (const path of [options.ownSocket.path, options.guestSocket]) {
    const { uid, gid } = statSync(path);
    expect([modeOf(path), uid, gid]).toEqual(['600', 64055, 108]);
  }
});

it('nobody is listened for any more when it is closed, also where nobody came', async () => {
  const options = places();
  // The kernel knows a socket by the path that it was made at, also when that is gone.
  const isOpen = (): boolean => readFileSync('/proc/net/unix', 'utf8').includes(options.guestSocket);
  const socket = await SnapshotSocket.listen(options);
  expect(isOpen()).toBe(true);
  await socket.close();
  await expect.poll(isOpen).toBe(false);
});

it('one place that cannot be made is no matter while there is another', async () => {
  const options = places({ guestSocket: join(temporaryFolder(), 'none', 'guest.sock') });
  const socket = await listening(options);
  const qemu = connect(options.ownSocket.path);
  (await socket.connected).destroy();
  qemu.destroy();
});

it('no place at all is said with each refusal, and leaves nothing', async () => {
  const folder = temporaryFolder();
  const taken = join(folder, 'own');
  mkdirSync(taken);
  chmodSync(taken, 0o700);
  const guestSocket = join(folder, 'none', 'guest.sock');
  const options = { guestSocket, ownSocket: { folder: taken, path: join(taken, 'memory.sock') }, owner: null };
  await expect(SnapshotSocket.listen(options)).rejects.toMatchObject({
    code: 'CAPTURE_FAILED',
    message: expect.stringMatching(new RegExp(`${guestSocket}: .*; ${taken}/memory.sock: .*EEXIST`)),
    hint: expect.stringContaining('CORE_DUMP'),
  });
  // Made, and then of no use: its socket's path is too long.
  const made = join(folder, 'made');
  const long = { guestSocket: null, ownSocket: { folder: made, path: join(made, 'x'.repeat(120)) }, owner: null };
  await expect(SnapshotSocket.listen(long)).rejects.toMatchObject({ code: 'CAPTURE_FAILED' });
  expect(existsSync(made)).toBe(false);
  await expect(SnapshotSocket.listen({ guestSocket: null, ownSocket: null, owner: null })).rejects.toThrow(
    'every path is too long',
  );
});
