import type { Socket } from 'node:net';
import { MemoirError } from '../../domain/memoir-error.ts';

/** A read of less than this says that the reader is faster than the writer. */
const littleBytes = 16 * 1024;
const nobody = new Int32Array(new SharedArrayBuffer(4));

/**
 * For a writer whose every record is a write of its own, as a background snapshot's are (QEMU flushes after each page, and
 * after each nine bytes that say that a page is zero): the reader that comes for each of them takes a whole CPU from the
 * guest and from everybody else. After a small read the thread sleeps for a tenth of a millisecond, which is a tenth of what
 * the socket can hold at QEMU's speed; it never sleeps while there is much to read.
 */
export function breathe(chunk: Buffer): void {
  // The only sleep of Node's that is shorter than a millisecond. Nobody ever wakes it.
  if (chunk.length < littleBytes) Atomics.wait(nobody, 0, 0, 0.1);
}

/**
 * Node makes a buffer of each read. Left to the garbage collector, they have it mark the whole heap ten times in a capture;
 * taken away from its view, a buffer is free at once.
 */
function giveBack({ buffer, byteLength }: Buffer): void {
  // A smaller view would be of a buffer that others have a part of.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/**
 * Every byte of a socket or pipe to `take`, as fast as they come, until the writer is done; a chunk is gone when `take` returns. Rejects with the signal's reason
 * or with what `take` throws, and the socket is closed by then: nobody is left waiting for a reader that is not there.
 */
export async function drain(from: Socket, signal: AbortSignal, take: (chunk: Buffer) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: unknown): void => {
    reject(error);
    from.destroy();
  };
  const onAbort = (): void => fail(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  from.on('data', (chunk: Buffer) => {
    try {
      take(chunk);
      giveBack(chunk);
    } catch (error) {
      fail(error);
    }
  });
  from.on('error', (cause) =>
    reject(
      new MemoirError('CAPTURE_FAILED', `the memory stream failed: ${cause.message}`, {
        cause,
        details: { fault: 'TRUNCATED' },
      }),
    ),
  );
  from.on('end', resolve);
  from.on('close', () => resolve());
  from.resume();
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    from.destroy();
  }
}
