import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddressRange, planCore } from '../../../src/formats/elf/layout.ts';

const KiB = 1024n;
const GiB = 1024n * 1024n * KiB;

describe('the layout of an image', () => {
  it('of a 4 GiB guest has two ranges behind one page of headers', () => {
    const layout = planCore({
      ranges: [
        { start: 4n * GiB, end: 6n * GiB },
        { start: 0n, end: 2n * GiB },
      ],
      notesSize: 2 * 816,
      kernelText: true,
    });
    expect(layout.headerSize).toBe(4096);
    expect(layout.segments).toEqual([
      { start: 0n, end: 2n * GiB, fileOffset: 4096 },
      { start: 4n * GiB, end: 6n * GiB, fileOffset: 0x8000_1000 },
    ]);
    expect(layout.size).toBe(4 * 1024 ** 3 + 4096);
    expect(layout.offsetOf(4n * GiB + 5n)).toBe(0x8000_1005);
    expect(layout.offsetOf(3n * GiB)).toBeUndefined();
    expect(layout.addressOf(4095)).toBeUndefined();
    expect(layout.addressOf(0x8000_1005)).toBe(4n * GiB + 5n);
    expect(layout.addressOf(layout.size)).toBeUndefined();
  });

  it('starts every range on a page of the file, whatever its length', () => {
    const layout = planCore({
      ranges: [
        { start: 0n, end: 0x123n },
        { start: 0x123n, end: 0x2000n },
      ],
      notesSize: 0,
      kernelText: false,
    });
    expect(layout.segments.map(({ fileOffset }) => fileOffset)).toEqual([4096, 8192]);
    expect(layout.size).toBe(8192 + 0x1edd);
    expect(layout.addressOf(4096 + 0x123)).toBeUndefined();
  });

  it('leads from address to offset and back', () => {
    const range = fc.tuple(fc.nat(1 << 20), fc.integer({ min: 1, max: 1 << 20 }));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 12 }), fc.nat(), fc.nat(), (gaps, which, within) => {
        let end = 0n;
        const ranges = gaps.map(([gap, length]): AddressRange => {
          const start = end + BigInt(gap);
          end = start + BigInt(length);
          return { start, end };
        });
        const layout = planCore({ ranges: ranges.toReversed(), notesSize: which % 5000, kernelText: true });
        const { start, end: rangeEnd } = ranges[which % ranges.length] as AddressRange;
        const address = start + (BigInt(within) % (rangeEnd - start));
        const offset = layout.offsetOf(address) as number;
        expect(layout.addressOf(offset)).toBe(address);
        expect(offset).toBeGreaterThanOrEqual(layout.headerSize);
        expect(offset).toBeLessThan(layout.size);
      }),
    );
  });

  it.each([
    [
      'overlap',
      [
        { start: 0n, end: 10n },
        { start: 9n, end: 20n },
      ],
    ],
    ['are empty', [{ start: 5n, end: 5n }]],
    ['are negative', [{ start: -5n, end: 5n }]],
    ['are longer than a file', [{ start: 0n, end: 1n << 60n }]],
    ['are beyond 64 bits', [{ start: 0n, end: (1n << 64n) + 1n }]],
  ])('refuses ranges that %s', (_, ranges) => {
    expect(() => planCore({ ranges, notesSize: 0, kernelText: false })).toThrow(RangeError);
  });

  it('refuses more ranges than e_phnum counts', () => {
    const ranges = Array.from({ length: 65_534 }, (_, i) => ({ start: BigInt(2 * i), end: BigInt(2 * i + 1) }));
    expect(() => planCore({ ranges, notesSize: 0, kernelText: false })).toThrow(RangeError);
    expect(planCore({ ranges: ranges.slice(1), notesSize: 0, kernelText: false }).segments.length).toBe(65_533);
  });
});
