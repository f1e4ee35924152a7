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

/** What a virtio-mem device says before the memory comes. */
export interface EarlySection {
  readonly head: SectionHead;
  /** Size of the device's region, which is the length of its block. */
  readonly regionSize: number;
  /** How much of it is plugged: the rest does not come. */
  readonly pluggedSize: number;
}

const VIRTIO_MEM = 'virtio-mem-device-early';
const VIRTIO_MEM_VERSION = 1;
/** hw/virtio/virtio-mem.c: no block of a device is smaller, so that its bitmap stays small. */
const BLOCK_SIZE_MIN = 1 << 20;

/**
 * Reads the payload of a section that comes before the memory. At that point the stream's description has not come yet,
 * so only the one kind that is known by heart can be read: virtio-mem (QEMU 8.0 and later).
 *
 *     address (8) · region size (8) · block size (8) · node (4) · plugged size (8) · a bit per block, in words of 8 bytes
 */
export function* readEarlySection(feed: ByteFeed, head: SectionHead): Reading<EarlySection> {
  const { name, version, offset } = head;
  const refuse = (fault: 'UNSUPPORTED' | 'CORRUPT', what: string) =>
    new MigrationFormatError(fault, name, offset, what);
  if (name.split('/').at(-1) !== VIRTIO_MEM || version !== VIRTIO_MEM_VERSION)
    throw refuse('UNSUPPORTED', `comes before the memory, version ${version}: it cannot be read`);
  yield* readCount(feed, name); // address
  const regionSize = yield* readCount(feed, name);
  const blockSize = yield* readCount(feed, name);
  yield* readWord(feed); // node
  const pluggedSize = yield* readCount(feed, name);
  if (blockSize < BLOCK_SIZE_MIN || regionSize % blockSize !== 0 || pluggedSize > regionSize)
    throw refuse('CORRUPT', `${pluggedSize} of ${regionSize} bytes in blocks of ${blockSize}`);
  const words = Math.ceil(regionSize / blockSize / 64);
  for (let word = 0; word < words; word++) {
    yield* feed.more(8);
    feed.at += 8;
  }
  return { head, regionSize, pluggedSize };
}
