import { promisify } from 'node:util';
import { constants, zstdDecompress } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FrameError } from '../../../src/formats/frames/frame-error.ts';
import type { Frame } from '../../../src/formats/frames/frame-index.ts';
import { contentChecksum, decodeFrame } from '../../../src/formats/zstd-seekable/frame.ts';
import { FrameCompressor } from '../../../src/formats/zstd-seekable/frame-compressor.ts';

import { rawFrame, rawFrameSize } from '../../../src/formats/zstd-seekable/raw-frame.ts';
import { ZeroFrames } from '../../../src/formats/zstd-seekable/zero-frame.ts';
import { compressFrame } from './seekable-file.ts';

const decompress = promisify(zstdDecompress);

const noise = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = 1; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
};

const entry = (bytes: Uint8Array, contentSize: number, checksum?: number): Frame => ({
  index: 7,
  offset: 1000,
  compressedSize: bytes.length,
  contentOffset: 0,
  contentSize,
  checksum,
});

describe('the checksum of a frame', () => {
  // Published XXH64 values (seed 0): "" ef46db3751d8e999, "a" d24ec4f1a98c6e5b, "abc" 44bc2cf5ad770999.
  it.each([
    ['', 0x51d8e999],
    ['a', 0xa98c6e5b],
    ['abc', 0xad770999],
  ])('is the low half of XXH64: %j', async (text, expected) => {
    expect(await contentChecksum(Buffer.from(text))).toBe(expected);
    expect((await compressFrame(Buffer.from(text), 3)).checksum).toBe(expected);
    expect((await rawFrame(Buffer.from(text))).checksum).toBe(expected);
  });
});

describe('a compressed frame', () => {
  it('says its size, ends with its checksum and comes back', async () => {
    const content = noise(300_000);
    const frame = await compressFrame(content, 1);
    expect(frame.contentSize).toBe(300_000);
    expect(frame.bytes[4]! & 0x04).toBe(0x04);
    expect(await decodeFrame(frame.bytes, entry(frame.bytes, 300_000, frame.checksum))).toEqual(Buffer.from(content));
  });
});

describe('a compressor', () => {
  it('makes of each content what one of its own would, whatever came before it', async () => {
    const compressor = new FrameCompressor(1, 1000);
    const contents = [
      noise(300_000),
      new Uint8Array(0),
      Buffer.alloc(70_000, 'memory '),
      noise(1000),
      noise(1_500_000),
    ];
    for (const content of [...contents, ...contents.toReversed()]) {
      const { giveBack, ...frame } = await compressor.compress(content);
      const { giveBack: _, ...own } = await compressFrame(content, 1);
      expect(frame).toEqual(own);
      const back = await decodeFrame(frame.bytes, entry(frame.bytes, content.length, frame.checksum));
      expect(Buffer.compare(back, content)).toBe(0);
    }
    compressor.close();
    await expect(compressor.compress(noise(10))).rejects.toThrow('closed');
  });
});

describe('memory of compressed frames', () => {
  it('is free when the frames were given back and the stream has left it, and never before', async () => {
    const compressor = new FrameCompressor(1, 100_000);
    const frames = [];
    for (let number = 0; number < 12; number += 1) frames.push(await compressor.compress(noise(100_000)));
    const expected = Buffer.from((await compressFrame(noise(100_000), 1)).bytes);
    const kept = frames.filter((_, number) => number % 5 === 0);
    for (const frame of frames) if (!kept.includes(frame)) frame.giveBack?.();
    for (const { bytes } of kept) expect(Buffer.compare(bytes, expected)).toBe(0);
    // The memory of some was shared with one that is kept; of the others, and of what the stream still writes to, none is left.
    for (const frame of kept) frame.giveBack?.();
    const left = frames.filter(({ giveBack, bytes }) => giveBack !== undefined && bytes.length > 0);
    expect(left.length).toBeLessThanOrEqual(4);
    expect(left).toContain(frames.findLast(({ giveBack }) => giveBack !== undefined));
    const next = await compressor.compress(noise(100_000));
    expect(Buffer.compare(next.bytes, expected)).toBe(0);
    compressor.close();
  });

  it('that Node shares among many is never freed', async () => {
    const compressor = new FrameCompressor(1, 10);
    const mine = Buffer.from('of the same pool');
    for (let number = 0; number < 200; number += 1) (await compressor.compress(noise(10))).giveBack?.();
    expect(mine.toString()).toBe('of the same pool');
    expect(Buffer.from('and usable').toString()).toBe('and usable');
    compressor.close();
  });
});

describe('a raw frame', () => {
  it('is these bytes for "hi"', async () => {
    const golden = '28b52ffd' + '84' + '38' + '02000000' + '110000' + '6869';
    const { bytes } = await rawFrame(Buffer.from('hi'));
    expect(Buffer.from(bytes).toString('hex').slice(0, -8)).toBe(golden);
  });

  it.each([0, 1, 4096, 131_071, 131_072, 131_073, 400_000])('of %i bytes has the size foretold', async (length) => {
    const content = noise(length);
    const { bytes } = await rawFrame(content);
    expect(bytes.length).toBe(rawFrameSize(length));
    expect(await decompress(bytes)).toEqual(Buffer.from(content));
  });
});

describe('a frame of zeros', () => {
  it.each([1, 131_072, 131_073, 1 << 20])('holds %i of them in a few bytes', async (length) => {
    const { bytes } = await new ZeroFrames().get(length);
    expect(bytes.length).toBeLessThan(60);
    expect(await decompress(bytes)).toEqual(Buffer.alloc(length));
  });

  it('is made once for each length', () => {
    const zeros = new ZeroFrames();
    expect(zeros.get(4096)).toBe(zeros.get(4096));
  });

  it('cannot be empty', async () => {
    await expect(new ZeroFrames().get(0)).rejects.toThrow(RangeError);
  });
});

describe('decoding a frame', () => {
  const content = noise(5000);

  it('refuses any byte that was changed', async () => {
    for (const frame of [await compressFrame(content, 1), await rawFrame(content), await new ZeroFrames().get(5000)])
      for (let at = 0; at < frame.bytes.length; at += frame.bytes.length > 100 ? 41 : 1) {
        const bad = frame.bytes.slice();
        bad[at]! ^= 0x10;
        const decoded = decodeFrame(bad, entry(bad, 5000, frame.checksum)).catch((error: unknown) => error);
        // The window and the reserved bits of the header may change without changing the content.
        const result = await decoded;
        if (result instanceof Error) expect(result).toMatchObject({ name: 'FrameError', frame: 7, offset: 1000 });
        else expect(at).toBeLessThan(6);
      }
  });

  it('refuses bytes behind its end, and an end that is missing', async () => {
    const { bytes, checksum } = await compressFrame(content, 1);
    const longer = Buffer.concat([bytes, Buffer.from([0])]);
    await expect(decodeFrame(longer, entry(longer, 5000, checksum))).rejects.toThrow(/ends after/);
    const shorter = bytes.subarray(0, -1);
    await expect(decodeFrame(shorter, entry(shorter, 5000, checksum))).rejects.toThrow(/does not end where/);
    await expect(decodeFrame(new Uint8Array(), entry(new Uint8Array(), 5000))).rejects.toThrow(FrameError);
  });

  it('refuses more content than the index says, without making room for it', async () => {
    // A frame that does not say its size: 64 MiB of zeros in 512 RLE blocks.
    const bomb = Buffer.alloc(6 + 512 * 4);
    bomb.set([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]);
    for (let block = 0; block < 512; block++)
      bomb.writeUIntLE((block === 511 ? 1 : 0) | (1 << 1) | (131_072 << 3), 6 + block * 4, 3);
    expect((await decompress(bomb)).length).toBe(64 * 1024 * 1024);
    await expect(decodeFrame(bomb, entry(bomb, 100))).rejects.toThrow(/cannot be decompressed/);
  });

  it('checks the checksum of the index for frames that have none of their own', async () => {
    const { zstdCompressSync } = await import('node:zlib');
    const bytes = zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 0 } });
    const checksum = await contentChecksum(content);
    expect(await decodeFrame(bytes, entry(bytes, 5000, checksum))).toEqual(Buffer.from(content));
    await expect(decodeFrame(bytes, entry(bytes, 5000, checksum ^ 1))).rejects.toThrow(/match the checksum/);
  });

  it('reads a skippable frame as no content', async () => {
    const bytes = Buffer.from('502a4d18' + '03000000' + '616263', 'hex');
    expect(await decodeFrame(bytes, entry(bytes, 0))).toHaveLength(0);
  });

  it('refuses what it would need more for: a dictionary', async () => {
    const bytes = Buffer.from('28b52ffd' + '21' + '05' + '00' + '010000', 'hex');
    await expect(decodeFrame(bytes, entry(bytes, 0))).rejects.toMatchObject({ fault: 'UNSUPPORTED' });
  });
});
