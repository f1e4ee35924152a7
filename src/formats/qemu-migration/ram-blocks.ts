import type { ByteFeed } from './byte-feed.ts';
import type { EarlySection, Extent } from './early-section.ts';
import { MigrationFormatError } from './migration-error.ts';
import { PAGE_SIZE, RAM_END_OF_CHUNK, RAM_MEMORY_SIZE, RAM_MULTIFD_FLUSH, RAM_SECTION } from './stream-format.ts';
import { type Reading, readCount, readName } from './stream-values.ts';

/** A piece of guest memory by QEMU's name for it; `index` is its place in the stream's list. */
export interface RamBlock {
  readonly index: number;
  readonly name: string;
  /** A multiple of 4096. */
  readonly length: number;
  /** Which parts of it exist and will come: all of it, unless it belongs to a virtio-mem device. */
  readonly extents: readonly Extent[];
}

export interface RamLimits {
  /** The most guest memory that a stream may announce; 16 TiB unless told. */
  readonly ramBytes?: number;
}

/** The most blocks of a machine: each device has one to three. */
const BLOCKS_MAX = 16_384;

/**
 * Reads the list of blocks that opens the ram section: one record whose offset is the size of all of them, then for each
 * block its name and used length (8), until the lengths add up. The section ends like the others.
 */
export function* readRamBlocks(feed: ByteFeed, { ramBytes = 2 ** 44 }: RamLimits): Reading<RamBlock[]> {
  const start = feed.offset;
  const record = yield* readCount(feed, RAM_SECTION);
  // All flags of this record are in its low bits; the size is a multiple of the page.
  const flags = record % PAGE_SIZE;
  if (flags !== RAM_MEMORY_SIZE)
    throw error('UNSUPPORTED', start, `flags 0x${flags.toString(16)} before the list of blocks`);
  const total = record - flags;
  if (total > ramBytes) throw error('TOO_LARGE', start, `${total} bytes of memory`);

  const blocks: RamBlock[] = [];
  const names = new Set<string>();
  for (let sum = 0; sum < total; ) {
    const offset = feed.offset;
    const name = yield* readName(feed);
    const length = yield* readCount(feed, RAM_SECTION);
    sum += length;
    if (length === 0 || length % PAGE_SIZE !== 0 || sum > total || names.has(name))
      throw error('CORRUPT', offset, `block "${name}" of ${length} bytes`);
    if (blocks.length === BLOCKS_MAX) throw error('TOO_LARGE', offset, `more than ${BLOCKS_MAX} blocks`);
    names.add(name);
    blocks.push({ index: blocks.length, name, length, extents: [{ start: 0, end: length }] });
  }
  for (let offset = feed.offset; ; offset = feed.offset) {
    const end = yield* readCount(feed, RAM_SECTION);
    if (end === RAM_END_OF_CHUNK) return blocks;
    if (end !== RAM_MULTIFD_FLUSH)
      throw error('UNSUPPORTED', offset, `flags 0x${end.toString(16)} in the list of blocks`);
  }
}

/** Restricts the blocks of virtio-mem devices to what is plugged. A device's block and section share its path. */
export function withPlugged(blocks: readonly RamBlock[], early: readonly EarlySection[]): RamBlock[] {
  const result = [...blocks];
  for (const { head, regionSize, plugged } of early) {
    const path = head.name.slice(0, head.name.lastIndexOf('/') + 1);
    const found = blocks.filter(({ name, length }) => name.startsWith(path) && length === regionSize);
    const block = found[0];
    if (block === undefined || found.length > 1)
      throw new MigrationFormatError('UNSUPPORTED', head.name, head.offset, `${found.length} blocks fit the device`);
    result[block.index] = { ...block, extents: plugged };
  }
  return result;
}

function error(fault: 'CORRUPT' | 'UNSUPPORTED' | 'TOO_LARGE', offset: number, message: string): MigrationFormatError {
  return new MigrationFormatError(fault, RAM_SECTION, offset, message);
}
