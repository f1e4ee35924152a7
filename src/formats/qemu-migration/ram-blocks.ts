import type { ByteFeed } from './byte-feed.ts';
import { MigrationFormatError } from './migration-error.ts';
import type { RamBlock } from './ram-records.ts';
import { PAGE_SIZE, RAM_MEMORY_SIZE, RAM_SECTION } from './stream-format.ts';
import { type Reading, readCount, readName } from './stream-values.ts';

export interface RamLimits {
  /** The most guest memory that a stream may announce; 16 TiB unless told. */
  readonly ramBytes?: number;
}

/** The most blocks of a machine: each device has one to three. */
const BLOCKS_MAX = 16_384;

/**
 * Reads the list of blocks that opens the ram section: one record whose offset is the size of all of them, then for each
 * block its name and used length (8), until the lengths add up.
 */
export function* readRamBlocks(feed: ByteFeed, { ramBytes = 2 ** 44 }: RamLimits): Reading<readonly RamBlock[]> {
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
    blocks.push({ index: blocks.length, name, length });
  }
  return blocks;
}

function error(fault: 'CORRUPT' | 'UNSUPPORTED' | 'TOO_LARGE', offset: number, message: string): MigrationFormatError {
  return new MigrationFormatError(fault, RAM_SECTION, offset, message);
}
