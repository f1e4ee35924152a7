import type { FileHandle } from 'node:fs/promises';
import { MemoirError } from '../../domain/memoir-error.ts';

const mebibyte = 2 ** 20;
/** Read as a whole up to this size; of larger ones as much at the beginning and at the end, and samples between. */
const edgeBytes = 64 * mebibyte;
const samples = 256;

/**
 * Shows that nobody has written to a device: VOLUME_NOT_EMPTY where a byte is not zero. Up to 128 MiB every byte is read; of a larger one the first
 * and the last 64 MiB, where partition tables, file systems, LVM, RAID and databases begin or end, and 256 MiB spread between.
 */
export async function proveEmpty(
  name: string,
  device: FileHandle,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const buffer = Buffer.alloc(mebibyte);
  const zeros = Buffer.alloc(mebibyte);
  for (const position of placesToRead(sizeBytes)) {
    signal.throwIfAborted();
    const { bytesRead } = await device.read(buffer, 0, Math.min(mebibyte, sizeBytes - position), position);
    if (bytesRead === 0)
      throw new MemoirError('DEVICE_CHANGED', `the device of ${name} ends at ${position} bytes, before its size`);
    if (buffer.compare(zeros, 0, bytesRead, 0, bytesRead) !== 0)
      throw new MemoirError('VOLUME_NOT_EMPTY', `volume ${name} holds data: there are bytes near ${position}`);
  }
}

/** Where a mebibyte is read, in order. */
export function placesToRead(sizeBytes: number): readonly number[] {
  const places = new Set<number>();
  const take = (from: number, to: number): void => {
    for (let at = from; at < to; at += mebibyte) places.add(at);
  };
  if (sizeBytes <= 2 * edgeBytes) take(0, sizeBytes);
  else {
    take(0, edgeBytes);
    const step = (sizeBytes - 2 * edgeBytes) / samples;
    for (let sample = 0; sample < samples; sample++) places.add(Math.floor(edgeBytes + sample * step));
    take(sizeBytes - edgeBytes, sizeBytes);
  }
  return [...places];
}
