import type { ByteFeed } from './byte-feed.ts';
import type { Extent } from './early-section.ts';
import { MigrationFormatError } from './migration-error.ts';
import { PageSet } from './page-set.ts';
import type { RamBlock } from './ram-blocks.ts';
import {
  NAME_MAX,
  PAGE_SIZE,
  RAM_CONTINUE,
  RAM_END_OF_CHUNK,
  RAM_FLAGS,
  RAM_MULTIFD_FLUSH,
  RAM_PAGE,
  RAM_SECTION,
  RAM_ZERO,
} from './stream-format.ts';

/** Takes the pages of a stream; each page of each block comes once, in no promised order. */
export interface PageVisitor {
  /** `bytes` is a view of 4096 bytes that is valid during the call only. */
  page(block: RamBlock, offset: number, bytes: Uint8Array): void;
  zero(block: RamBlock, offset: number): void;
}

const RECORD_HEADER_SIZE = 8;
/** The longest record: header, name, page. */
export const RAM_RECORD_MAX = RECORD_HEADER_SIZE + 1 + NAME_MAX + PAGE_SIZE;

/** Reads the records of the ram sections, which are nearly all of a stream: the one place here where speed matters. */
export class RamRecords {
  readonly blocks: readonly RamBlock[];
  readonly #visitor: PageVisitor;
  readonly #byName: ReadonlyMap<string, RamBlock>;
  readonly #received: readonly PageSet[];
  #block: RamBlock | undefined;

  /** `blocks` have different names. */
  constructor(blocks: readonly RamBlock[], visitor: PageVisitor) {
    this.blocks = blocks;
    this.#visitor = visitor;
    this.#byName = new Map(blocks.map((block) => [block.name, block]));
    this.#received = blocks.map(() => new PageSet());
  }

  /** How many bytes of a block have not come yet. */
  missing({ index, extents }: RamBlock): number {
    const size = extents.reduce((sum, { start, end }) => sum + end - start, 0);
    return size - (this.#received[index] as PageSet).size * PAGE_SIZE;
  }

  /**
   * Reads all records that the window holds entirely. Returns 0 when the section's end was read, else how many bytes
   * the next record needs.
   */
  read(feed: ByteFeed): number {
    const { bytes, end } = feed;
    for (;;) {
      const at = feed.at;
      let body = at + RECORD_HEADER_SIZE;
      if (end < body) return RECORD_HEADER_SIZE;
      const low = readWord(bytes, at + 4);
      const flags = low & RAM_FLAGS;
      const offset = readWord(bytes, at) * 0x1_0000_0000 + (low - flags);
      const kind = flags & ~RAM_CONTINUE;

      if (kind !== RAM_PAGE && kind !== RAM_ZERO) {
        if (offset !== 0 || (flags !== RAM_END_OF_CHUNK && flags !== RAM_MULTIFD_FLUSH))
          throw this.#unknown(feed, flags, offset);
        feed.at = body;
        if (flags === RAM_END_OF_CHUNK) return 0;
        continue;
      }
      let block = this.#block;
      if (flags === kind) {
        if (end === body) return RECORD_HEADER_SIZE + 1;
        const nameEnd = body + 1 + (bytes[body] ?? 0);
        if (end < nameEnd) return nameEnd - at;
        block = this.#find(feed, body + 1, nameEnd);
        body = nameEnd;
      }
      const size = kind === RAM_PAGE ? PAGE_SIZE : 1;
      if (end < body + size) return body + size - at;
      if (block === undefined) throw error('CORRUPT', feed.offset, 'the first page does not name its block');
      this.#receive(feed, block, offset);
      this.#block = block;
      if (kind === RAM_PAGE) {
        this.#visitor.page(block, offset, bytes.subarray(body, body + PAGE_SIZE));
      } else {
        if (bytes[body] !== 0) throw error('UNSUPPORTED', feed.offsetOf(body), `a page filled with ${bytes[body]}`);
        this.#visitor.zero(block, offset);
      }
      feed.at = body + size;
    }
  }

  #receive(feed: ByteFeed, block: RamBlock, offset: number): void {
    if (!exists(block, offset))
      throw error('CORRUPT', feed.offset, `page ${offset} of block "${block.name}", which is not there`);
    // A page that came again would be newer than the moment of capture: which of the two is right cannot be known.
    if (!(this.#received[block.index] as PageSet).add(offset / PAGE_SIZE))
      throw error('CORRUPT', feed.offset, `page ${offset} of block "${block.name}" comes twice`);
  }

  #find(feed: ByteFeed, start: number, end: number): RamBlock {
    const name = String.fromCharCode(...feed.bytes.subarray(start, end));
    const block = this.#byName.get(name);
    if (block === undefined) throw error('CORRUPT', feed.offsetOf(start), `a page of unknown block "${name}"`);
    return block;
  }

  #unknown(feed: ByteFeed, flags: number, offset: number): MigrationFormatError {
    return error('UNSUPPORTED', feed.offset, `a record with flags 0x${flags.toString(16)} and offset ${offset}`);
  }
}

/** Whether an offset lies in one of the block's extents, of which nearly every block has one. */
function exists({ extents }: RamBlock, offset: number): boolean {
  let low = 0;
  let high = extents.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((extents[middle] as Extent).start <= offset) low = middle;
    else high = middle - 1;
  }
  const extent = extents[low];
  return extent !== undefined && offset >= extent.start && offset < extent.end;
}

function error(fault: 'CORRUPT' | 'UNSUPPORTED', offset: number, message: string): MigrationFormatError {
  return new MigrationFormatError(fault, RAM_SECTION, offset, message);
}

function readWord(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}
