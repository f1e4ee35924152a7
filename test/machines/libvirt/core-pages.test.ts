import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CoreSegment } from '../../../src/formats/elf/layout.ts';
import { CorePages } from '../../../src/machines/libvirt/core-pages.ts';
import { MemoryRecorder } from '../../fakes/in-process-reader.ts';

const page = 4096;

/** Two ranges with a hole between them, and memory in which every third page has something in it. */
const segments: readonly CoreSegment[] = [
  { start: 0n, end: BigInt(7 * page), fileOffset: 1000 },
  { start: 0x100000n, end: BigInt(0x100000 + 5 * page), fileOffset: 1000 + 7 * page },
];
const memory = Buffer.alloc(12 * page);
for (let index = 0; index < 12; index += 3) memory.fill(index + 1, index * page, (index + 1) * page);
// Zero at both ends and not in the middle.
memory[5 * page + 100] = 1;

describe('the pages of a core dump', () => {
  it('are whole and in their places however the bytes come, and zero pages are told as such', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 * page }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const recorder = new MemoryRecorder(memory.length, () => undefined);
        const pages = new CorePages(recorder);
        pages.headers({ machine: 'x86_64', notes: [], segments });
        let base = 0;
        for (const segment of segments) {
          const length = Number(segment.end - segment.start);
          for (let at = 0, turn = 0; at < length; turn += 1) {
            const size = Math.min(sizes[turn % sizes.length] as number, length - at);
            pages.memory(segment, at, memory.subarray(base + at, base + at + size));
            at += size;
          }
          base += length;
        }
        expect(recorder.complaints).toEqual([]);
        expect(recorder.missingPages).toBe(0);
        expect(recorder.image?.equals(memory)).toBe(true);
        expect(recorder.zeroBytes).toBe(7 * page);
      }),
    );
  });

  it('that are not whole in the dump are refused', () => {
    const pages = new CorePages(new MemoryRecorder(null, () => undefined));
    const odd = [{ start: 0n, end: 5000n, fileOffset: 1000 }];
    expect(() => pages.headers({ machine: 'x86_64', notes: [], segments: odd })).toThrow(/whole pages/);
  });
});
