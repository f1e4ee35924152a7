import { FormatError } from '../format-error.ts';
import type { MemoryRegion } from './memory-tree.ts';
import type { RamBlock } from './ram-blocks.ts';

/** A range of guest-physical addresses and the piece of a block that is behind it. */
export interface GuestRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly block: RamBlock;
  /** Which byte of the block is at `start`. */
  readonly offset: number;
}

/**
 * Finds the block of each region of a memory tree and merges neighbours that continue each other: the result has the
 * ranges of QEMU's own dump. A region has the name of its block's last part: the stream says
 * `0000:00:01.0/vga.vram` where the tree says `vga.vram`. A name that fits no block or two of them is refused, because
 * the memory of a machine must not be guessed.
 */
export function guestMemory(regions: readonly MemoryRegion[], blocks: readonly RamBlock[]): GuestRange[] {
  const ranges: GuestRange[] = [];
  for (const range of regions.flatMap((region) => existing(region, locate(region, blocks)))) {
    const last = ranges.at(-1);
    if (last !== undefined && continues(last, range)) ranges[ranges.length - 1] = { ...last, end: range.end };
    else ranges.push(range);
  }
  return ranges;
}

/** The parts of a region that exist: of a virtio-mem device's region that is what is plugged, elsewhere all of it. */
function existing({ start, end }: MemoryRegion, { block, offset }: { block: RamBlock; offset: number }): GuestRange[] {
  const regionEnd = offset + Number(end - start);
  return block.extents
    .map((extent) => ({ from: Math.max(extent.start, offset), to: Math.min(extent.end, regionEnd) }))
    .filter(({ from, to }) => from < to)
    .map(({ from, to }) => ({
      start: start + BigInt(from - offset),
      end: start + BigInt(to - offset),
      block,
      offset: from,
    }));
}

function locate({ name, start, end, offset }: MemoryRegion, blocks: readonly RamBlock[]) {
  const found = blocks.filter((block) => block.name === name || block.name.endsWith(`/${name}`));
  const block = found[0];
  if (block === undefined || found.length > 1) {
    const what = found.length === 0 ? 'no block' : `blocks ${found.map((one) => `"${one.name}"`).join(' and ')}`;
    throw new FormatError('UNSUPPORTED', 0, `memory region "${name}" fits ${what} of the stream`);
  }
  if (offset + (end - start) > BigInt(block.length))
    throw new FormatError(
      'CORRUPT',
      0,
      `memory region "${name}" is longer than its block, which has ${block.length} bytes`,
    );
  return { block, offset: Number(offset) };
}

function continues(last: GuestRange, next: GuestRange): boolean {
  return (
    last.end === next.start &&
    last.block === next.block &&
    BigInt(last.offset) + (last.end - last.start) === BigInt(next.offset)
  );
}
