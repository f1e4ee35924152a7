import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import { breathe, drain } from '../../../src/machines/libvirt/drain.ts';
import { listenersOf } from '../../fakes/listeners-of.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** Both ends of a connection. */
async function pair(): Promise<{ reading: Socket; writing: Socket }> {
  const path = join(temporaryFolder(), 'sock');
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  const reading = new Socket().connect(path);
  const [writing] = (await once(server, 'connection')) as [Socket];
  server.close();
  writing.on('error', () => undefined);
  onTestFinished(() => void [reading, writing].map((socket) => socket.destroy()));
  return { reading, writing };
}
const unaborted = new AbortController().signal;

it('every byte is taken until the writer is done, and the socket is closed then', async () => {
  const { reading, writing } = await pair();
  let taken = 0;
  writing.end(Buffer.alloc(3_000_000, 1));
  await drain(reading, unaborted, (chunk) => {
    taken += chunk.length;
  });
  expect(taken).toBe(3_000_000);
  expect(reading.destroyed).toBe(true);
});

it('it ends with the signal’s reason, also with one that was there before, and lets the writer go', async () => {
  const reason = new MemoirError('CANCELLED', 'enough');
  for (const early of [true, false]) {
    const { reading, writing } = await pair();
    const controller = new AbortController();
    if (early) controller.abort(reason);
    const gone = once(writing, 'close');
    const draining = drain(reading, controller.signal, () => undefined);
    if (!early) controller.abort(reason);
    await expect(draining).rejects.toBe(reason);
    expect(reading.destroyed).toBe(true);
    await gone;
  }
});

it('what whoever takes the bytes throws ends it, and lets the writer go', async () => {
  const { reading, writing } = await pair();
  const gone = once(writing, 'close');
  writing.write('bytes');
  const failure = new Error('full');
  const draining = drain(reading, unaborted, () => {
    throw failure;
  });
  await expect(draining).rejects.toBe(failure);
  await gone;
});

it('a connection that breaks is a stream that was cut short, one that closes is one that ended', async () => {
  const broken = new Socket();
  const draining = drain(broken, unaborted, () => undefined);
  broken.destroy(new Error('reset'));
  await expect(draining).rejects.toMatchObject({
    code: 'CAPTURE_FAILED',
    message: 'the memory stream failed: reset',
    details: { fault: 'TRUNCATED' },
  });
  const closed = new Socket();
  const ending = drain(closed, unaborted, () => undefined);
  closed.destroy();
  await ending;
});

it('no listener is left on the signal', async () => {
  const controller = new AbortController();
  const left = listenersOf(controller.signal);
  const socket = new Socket();
  const draining = drain(socket, controller.signal, () => undefined);
  socket.destroy();
  await draining;
  expect(left()).toBe(0);
});

it('the memory of a chunk is given back at once, unless others have a part of it', async () => {
  const socket = new Socket();
  const [whole, part] = [Buffer.from(new ArrayBuffer(64)), Buffer.from(new ArrayBuffer(64), 0, 32)];
  const draining = drain(socket, unaborted, () => undefined);
  socket.emit('data', whole);
  socket.emit('data', part);
  expect([whole, part].map(({ length }) => length)).toEqual([0, 32]);
  socket.destroy();
  await draining;
});

it('the reader sleeps a moment after a small read, and never after a large one', () => {
  const wait = vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out');
  onTestFinished(() => wait.mockRestore());
  breathe(Buffer.alloc(16 * 1024));
  expect(wait).not.toHaveBeenCalled();
  breathe(Buffer.alloc(16 * 1024 - 1));
  expect(wait.mock.calls.map(([, ...rest]) => rest)).toEqual([[0, 0, 0.1]]);
});
