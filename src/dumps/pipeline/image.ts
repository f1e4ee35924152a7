import type { Vmcoreinfo } from '../../formats/elf/vmcoreinfo.ts';
import type { MemoryLayout, MemoryTail } from '../../machines/memory-source.ts';

/**
 * A form of the memory image: what stands in the file before and between the guest's memory. The memory itself is in the
 * file in ascending order of addresses, range by range, as it is.
 */
export interface Image {
  /** Bytes before the memory; filled in last, because registers are known last. 0 if there are none. */
  readonly headerBytes: number;
  /** Zeros in the file before each range of the layout. */
  readonly gapsBefore: readonly number[];
  /** Size of the whole image, uncompressed. */
  readonly totalBytes: number;
  /** Exactly `headerBytes` bytes. `vmcoreinfo` is what the guest's kernel says of itself, if that is known. */
  header(tail: MemoryTail, vmcoreinfo: Vmcoreinfo | undefined): Uint8Array;
}

/** Bytes of memory in a layout. */
export function memoryBytesOf(layout: MemoryLayout): number {
  return layout.ranges.reduce((sum, { start, end }) => sum + Number(end - start), 0);
}
