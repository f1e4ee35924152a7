import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

const chunkBytes = 1 << 20;

interface DigestOptions {
  readonly signal: AbortSignal;
  readonly digested?: ((bytes: number) => void) | undefined;
}

/**
 * SHA-256 of a file from its first byte to its end, whatever length it was meant to have, and the length found. Two chunks
 * of memory: one is read while the other is hashed.
 */
export async function fileDigest(
  handle: FileHandle,
  { signal, digested }: DigestOptions,
): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let current = Buffer.allocUnsafe(chunkBytes);
  let next = Buffer.allocUnsafe(chunkBytes);
  let sizeBytes = 0;
  let reading = handle.read(current, 0, chunkBytes, 0);
  for (;;) {
    const { bytesRead } = await reading;
    signal.throwIfAborted();
    if (bytesRead === 0) return { sha256: hash.digest('hex'), sizeBytes };
    sizeBytes += bytesRead;
    reading = handle.read(next, 0, chunkBytes, sizeBytes);
    // It is awaited in the next round; a failure before that must not count as unhandled.
    reading.catch(() => undefined);
    hash.update(current.subarray(0, bytesRead));
    [current, next] = [next, current];
    digested?.(sizeBytes);
  }
}
