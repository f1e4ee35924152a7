import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, FrameReader } from '../../src/libvirt/rpc/frame-reader.ts';
import { wire } from '../fakes/libvirt/wire.ts';

function readAll(chunks: Iterable<Buffer>): { frames: Frame[]; reader: FrameReader } {
  const frames: Frame[] = [];
  const reader = new FrameReader(({ header, body }) => frames.push({ header, body: Buffer.from(body) }));
  for (const chunk of chunks) reader.push(chunk);
  return { frames, reader };
}

/** The bytes in pieces of the given sizes, the last as large as is left. */
function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let start = 0;
  for (const size of sizes) {
    yield bytes.subarray(start, start + size);
    start += size;
  }
  yield bytes.subarray(start);
}

const malformed = expect.objectContaining({ code: 'PROTOCOL' });

describe('the frame reader', () => {
  it('finds the same messages however the bytes are cut', () => {
    const messages = fc.array(
      fc.record({
        program: fc.constantFrom(0x20008086, 0x20008087),
        procedure: fc.integer({ min: 0, max: 500 }),
        type: fc.integer({ min: 0, max: 6 }),
        serial: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        status: fc.integer({ min: 0, max: 2 }),
        body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      }),
      { maxLength: 12 },
    );
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 700 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(messages, sizes, (expected, cuts) => {
        const { frames, reader } = readAll(pieces(Buffer.concat(expected.map(wire)), cuts));
        const found = frames.map(({ header, body }) => ({ ...header, body }));
        expect(found).toEqual(expected);
        expect(reader.midway).toBe(false);
      }),
    );
  });

  it('takes the longest message that the protocol allows, byte by byte at its edges', () => {
    const bytes = wire({ serial: 9, type: 1, body: Buffer.alloc(32 * 1024 * 1024 + 4 - 28, 7) });
    const { frames, reader } = readAll(pieces(bytes, [1, 1, 1, 1, 1, 20, 5, 1_000_000, 1]));
    expect(frames).toHaveLength(1);
    expect(frames[0]?.body.length).toBe(bytes.length - 28);
    expect(frames[0]?.body.every((byte) => byte === 7)).toBe(true);
    expect(reader.midway).toBe(false);
  });

  it.each([0, 1, 27, 32 * 1024 * 1024 + 5, 0x7fffffff, 0x80000000, 0xffffffff])(
    'refuses a length of %i as soon as its four bytes are there, whole or not',
    (length) => {
      const word = Buffer.alloc(4);
      word.writeUInt32BE(length);
      expect(() => readAll([word])).toThrow(malformed);
      expect(() => readAll([word.subarray(0, 3), word.subarray(3)])).toThrow(malformed);
    },
  );

  it('holds no more than about twice what has arrived of a message that announces 32 MiB', () => {
    const announced = wire({}).subarray(0, 28);
    announced.writeUInt32BE(32 * 1024 * 1024, 0);
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 64 }, () => {
      const reader = new FrameReader(() => undefined);
      reader.push(Buffer.from(announced));
      return reader;
    });
    // 64 × 32 MiB would be 2 GiB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(80 * 1024 * 1024);
    expect(readers.every((reader) => reader.midway)).toBe(true);
  });

  it.each([
    ['version 2', wire({ version: 2 })],
    ['type 7', wire({ type: 7 })],
    ['type -1', wire({ type: -1 })],
    ['status 3', wire({ status: 3 })],
    ['status -1', wire({ status: -1 })],
  ])('refuses a header of %s', (_what, bytes) => {
    expect(() => readAll([bytes])).toThrow(malformed);
  });
});
