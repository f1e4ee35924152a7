import type { FormatFault } from '../format-error.ts';
import type { ByteFeed } from './byte-feed.ts';
import { MigrationFormatError } from './migration-error.ts';
import { type Reading, readCount, readWord } from './stream-values.ts';

/** The head of a START or FULL section. */
export interface SectionHead {
  readonly offset: number;
  readonly id: number;
  readonly name: string;
  readonly instance: number;
  readonly version: number;
}

/** A piece of a block, from `start` up to but not including `end`. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** What a virtio-mem device says before the memory comes: how much of its region is plugged. The rest does not come. */
export interface EarlySection {
  readonly head: SectionHead;
  /** Size of the device's region, which is the length of its block. */
  readonly regionSize: number;
  /** The plugged pieces, in order. */
  readonly plugged: readonly Extent[];
}

const VIRTIO_MEM = 'virtio-mem-device-early';
const VIRTIO_MEM_VERSION = 1;
/** hw/virtio/virtio-mem.c: no block of a device is smaller, so that its bitmap stays small. */
const BLOCK_SIZE_MIN = 1 << 20;
/** More pieces than a core file could have segments. */
const EXTENTS_MAX = 32_768;

/**
 * Reads the payload of a section that comes before the memory. At that point the stream's description has not come yet,
 * so only the one kind that is known by heart can be read: virtio-mem (QEMU 8.0 and later).
 *
 *     address (8) · region size (8) · block size (8) · node (4) · plugged size (8) · a bit per block, in words of 8 bytes
 */
export function* readEarlySection(feed: ByteFeed, head: SectionHead): Reading<EarlySection> {
  const { name, version, offset } = head;
  const refuse = (fault: FormatFault, what: string) => new MigrationFormatError(fault, name, offset, what);
  if (name.split('/').at(-1) !== VIRTIO_MEM || version !== VIRTIO_MEM_VERSION)
    throw refuse('UNSUPPORTED', `comes before the memory, version ${version}: it cannot be read`);
  yield* readCount(feed, name); // address
  const regionSize = yield* readCount(feed, name);
  const blockSize = yield* readCount(feed, name);
  yield* readWord(feed); // node
  const pluggedSize = yield* readCount(feed, name);
  if (blockSize < BLOCK_SIZE_MIN || regionSize % blockSize !== 0 || pluggedSize > regionSize)
    throw refuse('CORRUPT', `${pluggedSize} of ${regionSize} bytes in blocks of ${blockSize}`);

  const plugged: Extent[] = [];
  let sum = 0;
  for (let block = 0, blocks = regionSize / blockSize; block < blocks; block += 64) {
    const high = yield* readWord(feed);
    const low = yield* readWord(feed); // the bit of the first block is the lowest of all
    for (let bit = 0; bit < Math.min(64, blocks - block); bit++) {
      if ((((bit < 32 ? low : high) >>> (bit & 31)) & 1) === 0) continue;
      sum += blockSize;
      const start = (block + bit) * blockSize;
      const last = plugged.at(-1);
      if (last?.end === start) plugged[plugged.length - 1] = { start: last.start, end: start + blockSize };
      else if (plugged.push({ start, end: start + blockSize }) > EXTENTS_MAX)
        throw refuse('TOO_LARGE', `is plugged in more than ${EXTENTS_MAX} pieces`);
    }
  }
  if (sum !== pluggedSize) throw refuse('CORRUPT', `${pluggedSize} bytes are plugged, its bits say ${sum}`);
  return { head, regionSize, plugged };
}
