import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FrameAssembler } from '../../src/dumps/pipeline/frame-assembler.ts';
import { FrameBuffers } from '../../src/dumps/pipeline/frame-buffers.ts';
import { Spool } from '../../src/dumps/pipeline/spool.ts';
import { pageBytes } from '../../src/machines/memory-source.ts';
import { watchHeldBytes } from '../held-memory.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

const frameBytes = 4 * pageBytes;

/** An assembler of small frames over ranges of so many pages, and what it handed out. */
async function assemble(
  rangePages: readonly number[],
  options: { earlyPages?: number; lateFrames?: number; gapPages?: readonly number[] } = {},
) {
  const spool = await Spool.open(temporaryFolder(), frameBytes, 1 << 30);
  onTestFinished(() => spool.close().catch(() => undefined));
  const out: Uint8Array[] = [];
  const late = { count: 0 };
  let start = 0n;
  const assembler = new FrameAssembler({
    ranges: rangePages.map((pages) => {
      const range = { start, end: start + BigInt(pages * pageBytes) };
      start = range.end + 0x100000n;
      return range;
    }),
    gapsBefore: rangePages.map((_, index) => (options.gapPages?.[index] ?? 0) * pageBytes),
    buffers: new FrameBuffers(frameBytes),
    spool,
    earlyBytes: (options.earlyPages ?? 1000) * pageBytes,
    lateFrames: options.lateFrames ?? 0,
    target: {
      push: (content) => void out.push(content.slice()),
      pushZeros: (length) => void (length > 0 && out.push(new Uint8Array(length))),
      pushLate: (length) => {
        const place = new Uint8Array(length);
        out.push(place);
        late.count += 1;
        return place;
      },
      settle: (place, content) => place.set(content),
    },
  });
  return { assembler, out, spool, late };
}

const page = (fill: number) => new Uint8Array(pageBytes).fill(fill);

describe('frames from pages', () => {
  it('come whole and in order whatever the order of the pages, early ones through memory and spool', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 0, max: 30 }),
        async (rangePages, keys, earlyPages, lateFrames) => {
          const total = rangePages.reduce((sum, pages) => sum + pages, 0);
          const pages = Array.from({ length: total }, (_, index) => ({ index, key: keys.next().value as number }));
          pages.sort((a, b) => a.key - b.key);
          const { assembler, out, spool } = await assemble(rangePages, { earlyPages, lateFrames });
          for (const { index } of pages) {
            if (index % 3 === 0) assembler.zero(index * pageBytes, pageBytes);
            else assembler.data(index * pageBytes, page((index % 250) + 1));
          }
          assembler.finish();
          await spool.close();
          const image = Buffer.concat(out);
          expect(image.length).toBe(total * pageBytes);
          for (let index = 0; index < total; index += 1) {
            const expected = index % 3 === 0 ? 0 : (index % 250) + 1;
            expect(image[index * pageBytes]).toBe(expected);
            expect(image[(index + 1) * pageBytes - 1]).toBe(expected);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('have the zeros between ranges in front of them, once each', async () => {
    const { assembler, out } = await assemble([5, 3, 1], { gapPages: [0, 2, 7] });
    assembler.data(0, Buffer.concat(Array.from({ length: 9 }, (_, index) => page(index + 1))));
    assembler.finish();
    const image = Buffer.concat(out);
    const found = Array.from({ length: image.length / pageBytes }, (_, index) => image[index * pageBytes]);
    expect(found).toEqual([1, 2, 3, 4, 5, 0, 0, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 9]);
  });

  it('take long stretches across frames and ranges', async () => {
    const { assembler, out } = await assemble([6, 5]);
    const stretch = Buffer.concat(Array.from({ length: 11 }, (_, index) => page(index + 1)));
    assembler.data(0, stretch);
    assembler.finish();
    expect(Buffer.concat(out).equals(stretch)).toBe(true);
    expect(out.map((frame) => frame.length / pageBytes)).toEqual([4, 2, 4, 1]);
  });

  it('do not wait for a page that comes last: its frame is passed over, and nothing is spooled for it', async () => {
    const { assembler, out, spool, late } = await assemble([200], { earlyPages: 40, lateFrames: 1 });
    for (let index = 0; index < 200; index += 1) if (index !== 5) assembler.data(index * pageBytes, page(index + 1));
    expect(out).toHaveLength(50);
    expect(() => assembler.finish()).toThrow(expect.objectContaining({ message: expect.stringContaining('1 of 200') }));
    assembler.data(5 * pageBytes, page(6));
    expect(() => assembler.data(5 * pageBytes, page(6))).toThrow(expect.objectContaining({ code: 'STREAM_INVALID' }));
    assembler.finish();
    expect(late.count).toBe(1);
    expect(spool.size).toBe(0);
    const image = Buffer.concat(out);
    for (let index = 0; index < 200; index += 1) expect(image[index * pageBytes]).toBe(index + 1);
  });

  it('pass over what is missing only where the source goes on just ahead of it, and so many times at most', async () => {
    const { assembler, out, late } = await assemble([200], { lateFrames: 2 });
    const given = new Set<number>();
    const give = (frame: number, ...at: number[]): number => {
      for (const index of at.map((each) => frame * 4 + each)) {
        assembler.data(index * pageBytes, page(index + 1));
        given.add(index);
      }
      return late.count;
    };
    // Far ahead: what lies between will come.
    expect(give(40, 0, 1, 2, 3)).toBe(0);
    expect(give(16, 0, 1, 2, 3)).toBe(0);
    // Just ahead: half a frame of it.
    expect(give(15, 0)).toBe(0);
    expect(give(15, 1)).toBe(1);
    expect(give(17, 0, 1)).toBe(1);
    expect(give(14, 0)).toBe(1);
    expect(give(14, 1)).toBe(2);
    // As often as it may.
    expect(give(13, 0, 1, 2, 3)).toBe(2);
    expect(out).toHaveLength(2);
    for (let index = 199; index >= 0; index -= 1)
      if (!given.has(index)) assembler.data(index * pageBytes, page(index + 1));
    assembler.finish();
    const image = Buffer.concat(out);
    for (let index = 0; index < 200; index += 1) expect(image[index * pageBytes]).toBe(index + 1);
  });

  it('are of the bytes as they were, whatever their source does with its buffer afterwards', async () => {
    const { assembler, out } = await assemble([80], { earlyPages: 80 });
    // A Buffer: its slice() is a view where that of other arrays is a copy.
    const buffer = Buffer.alloc(pageBytes);
    for (let index = 79; index >= 0; index -= 1) assembler.data(index * pageBytes, buffer.fill(index + 1));
    assembler.finish();
    const image = Buffer.concat(out);
    for (let index = 0; index < 80; index += 1) expect(image[index * pageBytes]).toBe(index + 1);
  });

  it('refuse a page that comes twice, one outside of the memory, and an end with a page missing', async () => {
    const { assembler } = await assemble([40]);
    assembler.data(0, page(1));
    expect(() => assembler.data(0, page(1))).toThrow(expect.objectContaining({ code: 'STREAM_INVALID' }));
    expect(() => assembler.zero(0, pageBytes)).toThrow(expect.objectContaining({ code: 'STREAM_INVALID' }));
    assembler.data(39 * pageBytes, page(2));
    expect(() => assembler.data(39 * pageBytes, page(2))).toThrow(expect.objectContaining({ code: 'STREAM_INVALID' }));
    expect(() => assembler.data(40 * pageBytes, page(1))).toThrow(expect.objectContaining({ code: 'STREAM_INVALID' }));
    expect(() => assembler.data(-pageBytes, page(1))).toThrow(expect.objectContaining({ code: 'STREAM_INVALID' }));
    expect(() => assembler.data(100, page(1))).toThrow(expect.objectContaining({ code: 'STREAM_INVALID' }));
    expect(() => assembler.finish()).toThrow(
      expect.objectContaining({ code: 'CAPTURE_FAILED', message: expect.stringContaining('38 of 40') }),
    );
  });

  it('give their place in the spool back when their turn has come', async () => {
    const frames = 64;
    const { assembler, out, spool } = await assemble([10 * frames * 4], { earlyPages: 1 });
    // Stretch by stretch the last frame comes first: the places of one stretch serve all of them.
    for (let stretch = 0; stretch < 10; stretch += 1)
      for (let index = frames - 1; index >= 0; index -= 1)
        for (let at = 0; at < 4; at += 1) assembler.data(((stretch * frames + index) * 4 + at) * pageBytes, page(1));
    assembler.finish();
    expect(Buffer.concat(out)).toHaveLength(10 * frames * frameBytes);
    expect(spool.size).toBeGreaterThan(0);
    expect(spool.size).toBeLessThanOrEqual(frames * frameBytes);
  });

  it('of a TiB that arrive out of order take less than 64 MB of memory', () => {
    const limitBytes = 64e6;
    const grown = watchHeldBytes(limitBytes);
    const bytesPerFrame = 512 * 1024;
    let slots = 0;
    // The disk is not what is measured.
    const spool = { takeZeroed: () => slots++, write: () => undefined, read: () => undefined, free: () => undefined };
    const assembler = new FrameAssembler({
      ranges: [{ start: 0n, end: 2n ** 40n }],
      gapsBefore: [0],
      buffers: new FrameBuffers(bytesPerFrame),
      spool,
      earlyBytes: 4 * 1024 * 1024,
      lateFrames: 16,
      target: {
        push: () => undefined,
        pushZeros: () => undefined,
        pushLate: () => undefined,
        settle: () => undefined,
      },
    });
    const one = page(1);
    const frames = 2 ** 40 / bytesPerFrame;
    // All tables are as large as they become; the pages themselves are counted.
    const step = thorough ? 1 : 8;
    for (let frame = frames - 1; frame >= 16; frame -= step) assembler.data(frame * bytesPerFrame, one);
    expect(slots).toBeGreaterThan(2_000_000 / step);
    expect(grown()).toBeLessThan(limitBytes);
    expect(() => assembler.finish()).toThrow(/did not arrive/);
  }, 180_000);
});
