import { isHole, type StreamPart } from '../../../src/libvirt/rpc/stream-port.ts';

/** Bytes without a zero among them, so that no part of them is a hole. */
export function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) bytes[index] = (index * 7 + (index >> 8)) & 0xff || 1;
  return bytes;
}

/** What a sparse stream stands for. */
export function joined(parts: readonly StreamPart[]): Buffer {
  return Buffer.concat(parts.map((part) => (isHole(part) ? Buffer.alloc(Number(part.holeBytes)) : part)));
}
