import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Compression } from '../../src/dumps/dump-request.ts';
import { type Expectation, examine, examinedBytes } from '../../src/dumps/verification/examination.ts';
import { artifactBytes } from '../fakes/artifact-bytes.ts';

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const frameBytes = 4096;
const framesOf = (count: number) => Array.from({ length: count }, () => randomBytes(frameBytes));

async function artifact(compression: Compression, frames: readonly Uint8Array[]) {
  const bytes = await artifactBytes(compression, frames);
  const image = Buffer.concat(frames);
  const expected: Expectation = {
    sizeBytes: bytes.length,
    sha256: digest(bytes),
    compression,
    rawSizeBytes: image.length,
  };
  const progress: number[] = [];
  const look = (changes: Partial<Expectation> = {}, endsAt = bytes.length) => {
    const reader = {
      sizeBytes: bytes.length,
      read: async (offset: number, length: number) => bytes.subarray(offset, Math.min(endsAt, offset + length)),
      close: async () => undefined,
    };
    return examine(reader, { ...expected, ...changes }, (done) => progress.push(done));
  };
  return { bytes, image, expected, progress, look };
}

/** Changes one byte in the middle of each frame. */
function damage(bytes: Buffer, count: number): void {
  const each = Math.floor(bytes.length / count);
  for (let frame = 0; frame < count; frame += 1) {
    const at = frame * each + (each >> 1);
    bytes[at] = (bytes[at] as number) ^ 1;
  }
}

it('an artifact is read a MiB at a time', async () => {
  const bytes = Buffer.alloc((2 << 20) + 5);
  const asked: number[] = [];
  const read = async (offset: number, length: number) => {
    asked.push(length);
    return bytes.subarray(offset, offset + length);
  };
  const reader = { sizeBytes: bytes.length, read, close: async () => undefined };
  const size = { sizeBytes: bytes.length, rawSizeBytes: bytes.length };
  await examine(reader, { ...size, sha256: digest(bytes), compression: 'NONE' }, () => undefined);
  expect(asked).toEqual([1 << 20, 1 << 20, 1 << 20]);
});

describe('an artifact that is read back', () => {
  it.each(['ZSTD', 'GZIP', 'NONE'] as const)('is intact, and so is its image: %s', async (compression) => {
    const { image, expected, progress, look } = await artifact(compression, framesOf(3));
    expect(await look()).toEqual({ damage: null, imageSha256: digest(image) });
    expect(progress).toEqual([...progress].sort((left, right) => left - right));
    expect(progress.at(-1)).toBe(examinedBytes(expected));
    expect(examinedBytes(expected)).toBe(expected.sizeBytes + (compression === 'NONE' ? 0 : 3 * frameBytes));
  });

  it('is not looked into where it has another size', async () => {
    const { bytes, progress, look } = await artifact('ZSTD', framesOf(1));
    expect(await look({ sizeBytes: bytes.length + 1 })).toEqual({
      damage: `it has ${bytes.length} bytes where ${bytes.length + 1} were written`,
      imageSha256: null,
    });
    expect(progress).toEqual([]);
  });

  it('is damaged where it ends too early', async () => {
    const { look } = await artifact('ZSTD', framesOf(1));
    expect(await look({}, 1000)).toEqual({ damage: 'it ends at byte 1000', imageSha256: null });
  });

  it('has its damaged frames named, ten of them at most', async () => {
    const ten = await artifact('ZSTD', framesOf(10));
    damage(ten.bytes, 10);
    const all = await ten.look();
    expect(all.damage?.match(/frame \d+ at byte \d+/g)).toHaveLength(10);
    expect(all.damage).not.toContain('more');
    const thirteen = await artifact('ZSTD', framesOf(13));
    damage(thirteen.bytes, 13);
    const some = await thirteen.look();
    expect(some.damage?.match(/frame \d+ at byte \d+/g)).toHaveLength(10);
    expect(some.damage).toContain(' and 3 more');
    expect(some.imageSha256).toBeNull();
  });

  it('tells damage that came after the writing from damage that was written', async () => {
    const { bytes, look } = await artifact('ZSTD', framesOf(3));
    damage(bytes, 1);
    const frame = expect.stringContaining('damaged: frame 1 at byte');
    const later = await look();
    expect(later).toEqual({ damage: frame, imageSha256: null });
    expect(later.damage).toContain(`its SHA-256 is ${digest(bytes)}, not `);
    const written = await look({ sha256: digest(bytes) });
    expect(written).toEqual({ damage: frame, imageSha256: null });
    expect(written.damage).toContain('it is what was written, but');
  });

  it('has an image all the same where its frames are whole', async () => {
    const { image, look } = await artifact('GZIP', framesOf(2));
    const found = await look({ sha256: 'f'.repeat(64) });
    expect(found).toEqual({ damage: expect.stringContaining('outside of them'), imageSha256: digest(image) });
  });

  it('cannot say where its damage is when it has no frames', async () => {
    const { bytes, look } = await artifact('NONE', framesOf(2));
    damage(bytes, 1);
    expect(await look()).toEqual({ damage: expect.stringContaining('cannot tell where'), imageSha256: null });
  });

  it('is damaged where its table cannot be read', async () => {
    const { bytes, look } = await artifact('ZSTD', framesOf(2));
    bytes.fill(0, bytes.length - 9);
    const found = await look();
    expect(found).toEqual({ damage: expect.stringContaining('frames cannot be read'), imageSha256: null });
  });
});
