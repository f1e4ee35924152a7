import type { MemoryLayout } from '../../machines/memory-source.ts';
import { type Image, memoryBytesOf } from './image.ts';

const nothing = new Uint8Array(0);

/** Flat physical memory: every byte at its address, holes as zeros, no header. */
export function rawImage(layout: MemoryLayout): Image {
  let end = 0n;
  const gapsBefore = layout.ranges.map((range) => {
    const gap = Number(range.start - end);
    end = range.end;
    return gap;
  });
  const totalBytes = memoryBytesOf(layout) + gapsBefore.reduce((sum, gap) => sum + gap, 0);
  return { headerBytes: 0, gapsBefore, totalBytes, header: () => nothing };
}
