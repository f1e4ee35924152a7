import { FormatError } from '../format-error.ts';

/** A range of guest-physical addresses and the memory region that is seen there. */
export interface MemoryRegion {
  readonly start: bigint;
  readonly end: bigint;
  readonly name: string;
  /** Which byte of the region is at `start`. */
  readonly offset: bigint;
}

/** The largest text that is read; a machine with hundreds of devices has some hundred KB. */
const TEXT_MAX = 16 * 1024 * 1024;
/** Kinds of region that hold guest memory. Flash (romd), memory of devices (ramd) and nv-ram are not in a dump. */
const MEMORY_KINDS: ReadonlySet<string> = new Set(['ram', 'rom']);

/**
 * A line of a view (mtree_print_flatview of QEMU's system/memory.c), the end inclusive:
 *
 *     0000000100000000-000000017fffffff (prio 0, ram): pc.ram @0000000080000000 KVM
 *
 * The offset is left out when it is 0, and "KVM" is there once for each address space that shares the view.
 */
const LINE = /^\s+([0-9a-f]{16})-([0-9a-f]{16}) \(prio -?\d+, ([^)]+)\): (.*?)(?: @([0-9a-f]{16}))?(?: KVM)*$/;

/**
 * Reads the answer of the monitor command `info mtree -f`: what a processor sees at each guest-physical address, as far
 * as that is memory. Of the views it takes the one of the address space "memory". The regions are in order.
 */
export function parseMemoryTree(text: string): MemoryRegion[] {
  if (text.length > TEXT_MAX) throw new FormatError('TOO_LARGE', 0, `a memory tree of ${text.length} characters`);
  const regions: MemoryRegion[] = [];
  let views = 0;
  let inMemoryView = false;
  let at = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('FlatView #')) inMemoryView = false;
    else if (/^ AS "memory", root: /.test(line)) {
      inMemoryView = true;
      views++;
    } else if (inMemoryView) {
      const region = parseLine(line.trimEnd(), at);
      if (region !== undefined) regions.push(region);
    }
    at += line.length + 1;
  }
  if (views !== 1) throw new FormatError('CORRUPT', 0, `a memory tree with ${views} views of "memory"`);
  for (const [i, { start }] of regions.entries())
    if (i > 0 && start < (regions[i - 1]?.end ?? 0n))
      throw new FormatError('CORRUPT', 0, `the memory tree has two regions at 0x${start.toString(16)}`);
  return regions;
}

function parseLine(line: string, at: number): MemoryRegion | undefined {
  const match = LINE.exec(line);
  if (match === null) {
    // Headings of the view have no address; a line with one that is not understood must not be dropped.
    if (/^\s+(0x)?[0-9a-f]{8,}-/.test(line))
      throw new FormatError('UNSUPPORTED', at, `a line of the memory tree: ${line.trim()}`);
    return undefined;
  }
  const [, first = '', last = '', kind = '', name = '', offset = '0'] = match;
  if (!MEMORY_KINDS.has(kind)) return undefined;
  const start = BigInt(`0x${first}`);
  const end = BigInt(`0x${last}`) + 1n;
  if (end <= start) throw new FormatError('CORRUPT', at, `a range of the memory tree that ends before it starts`);
  return { start, end, name, offset: BigInt(`0x${offset}`) };
}
