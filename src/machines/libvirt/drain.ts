import type { Socket } from 'node:net';
import { MemoirError } from '../../domain/memoir-error.ts';

/**
 * Every byte of a socket or pipe to `take`, as fast as they come, until the writer is done. Rejects with the signal's reason
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
    } catch (error) {
      fail(error);
    }
  });
  from.on('error', (cause) =>
    reject(
      new MemoirError('CAPTURE_FAILED', `the stream of memory broke: ${cause.message}`, {
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
