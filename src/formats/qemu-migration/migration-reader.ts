import { ByteFeed } from './byte-feed.ts';
import { readConfiguration } from './configuration.ts';
import type { DeviceSection } from './device-section.ts';
import { readDeviceTail } from './device-tail.ts';
import { type EarlySection, readEarlySection, type SectionHead } from './early-section.ts';
import { MigrationFormatError } from './migration-error.ts';
import { type RamBlock, type RamLimits, readRamBlocks, withPlugged } from './ram-blocks.ts';
import { type PageVisitor, RAM_RECORD_MAX, RamRecords } from './ram-records.ts';
import {
  RAM_SECTION,
  RAM_VERSION,
  SECTION_END,
  SECTION_EOF,
  SECTION_FOOTER,
  SECTION_FULL,
  SECTION_PART,
  SECTION_START,
  STREAM_MAGIC,
  STREAM_VERSION,
} from './stream-format.ts';
import { peekByte, type Reading, readByte, readName, readWord } from './stream-values.ts';

/** Takes what a stream brings. What a method throws ends the reader: it comes out of `push`. */
export interface MigrationVisitor extends PageVisitor {
  /** Once, before the first page: the machine type's name and its memory. */
  start(machine: string, blocks: readonly RamBlock[]): void;
}

export interface MigrationLimits extends RamLimits {
  /** The most that is kept of what follows the memory; 16 MiB unless told. It is about 100 KB, and 25 KB per processor. */
  readonly tailBytes?: number;
}

const STREAM = 'stream';

/**
 * Reads the stream of a background snapshot as it comes, in chunks of any size. Pages go to the visitor as they come;
 * what is kept is a bit per page and, when the memory is over, the state of the devices. `push` never waits, and a page
 * that lies within one chunk is not copied.
 *
 * Everything that is not known is refused with a MigrationFormatError. After an error the reader is of no use; on QEMU
 * before 8.1 whoever feeds it must go on reading the socket and throw the bytes away (an unread stream freezes the guest).
 */
export class MigrationReader {
  readonly #visitor: MigrationVisitor;
  readonly #limits: MigrationLimits;
  readonly #feed = new ByteFeed(RAM_RECORD_MAX);
  readonly #reading: Reading<void>;
  readonly #early: EarlySection[] = [];
  #ram: { id: number; records: RamRecords } | undefined;
  #tail: { offset: number; bytes: Uint8Array; size: number } | undefined;
  #error: unknown;

  constructor(visitor: MigrationVisitor, limits: MigrationLimits = {}) {
    this.#visitor = visitor;
    this.#limits = limits;
    this.#reading = this.#read();
    this.#reading.next();
  }

  /** Reads the next bytes of the stream. Views that the visitor was given are valid until the chunk is changed. */
  push(chunk: Uint8Array): void {
    if (this.#error !== undefined) throw this.#error;
    try {
      if (this.#tail === undefined) {
        this.#feed.give(chunk);
        this.#reading.next();
      } else {
        this.#keep(chunk, this.#tail);
      }
    } catch (error) {
      this.#error = error;
      throw error;
    }
  }

  /**
   * Tells it that the stream has ended, which is the only sign that it is complete. Returns the state of the devices;
   * throws if anything is missing: a page, a device, the description.
   */
  end(): readonly DeviceSection[] {
    if (this.#error !== undefined) throw this.#error;
    const { offset } = this.#feed;
    if (this.#ram === undefined) throw truncated(STREAM, offset, 'ends before the memory');
    if (this.#tail === undefined) throw truncated(RAM_SECTION, offset, 'the stream ends within the memory');
    this.#checkComplete(this.#ram.records, this.#tail.offset);
    return readDeviceTail(this.#tail.bytes.subarray(0, this.#tail.size), this.#tail.offset, this.#early);
  }

  *#read(): Reading<void> {
    const feed = this.#feed;
    if ((yield* readWord(feed)) !== STREAM_MAGIC)
      throw new MigrationFormatError('CORRUPT', STREAM, 0, 'no migration stream');
    const version = yield* readWord(feed);
    if (version !== STREAM_VERSION) throw new MigrationFormatError('UNSUPPORTED', STREAM, 4, `version ${version}`);
    const machine = yield* readConfiguration(feed);

    const head = yield* readHead(feed, SECTION_START);
    if (head.name !== RAM_SECTION || head.version !== RAM_VERSION)
      throw new MigrationFormatError('UNSUPPORTED', head.name, head.offset, `version ${head.version} of it`);
    const blocks = yield* readRamBlocks(feed, this.#limits);
    yield* readFooter(feed, RAM_SECTION, head.id);
    while ((yield* peekByte(feed)) === SECTION_FULL) {
      const early = yield* readHead(feed, SECTION_FULL);
      this.#early.push(yield* readEarlySection(feed, early));
      yield* readFooter(feed, early.name, early.id);
    }

    const records = new RamRecords(withPlugged(blocks, this.#early), this.#visitor);
    const ram = { id: head.id, records };
    this.#ram = ram;
    this.#visitor.start(machine, records.blocks);
    // The memory is over where the first device section starts, or, in a machine without devices, at the end of them.
    for (let kind: number = SECTION_PART; kind !== SECTION_FULL && kind !== SECTION_EOF; kind = yield* peekByte(feed))
      yield* this.#readPart(ram);

    this.#tail = { offset: feed.offset, bytes: new Uint8Array(64 * 1024), size: 0 };
    this.#keep(feed.rest(), this.#tail);
  }

  *#readPart({ id, records }: { id: number; records: RamRecords }): Reading<void> {
    const { offset } = this.#feed;
    const kind = yield* readByte(this.#feed);
    // A background snapshot has no END of its memory; the grammar has, and it reads like a PART.
    if (kind !== SECTION_PART && kind !== SECTION_END)
      throw new MigrationFormatError('UNSUPPORTED', STREAM, offset, `a section of kind 0x${kind.toString(16)}`);
    const found = yield* readWord(this.#feed);
    if (found !== id) throw new MigrationFormatError('UNSUPPORTED', STREAM, offset, `a part of section ${found}`);
    yield* this.#readRecords(records);
    yield* readFooter(this.#feed, RAM_SECTION, id);
  }

  *#readRecords(records: RamRecords): Reading<void> {
    for (let needed = records.read(this.#feed); needed > 0; needed = records.read(this.#feed))
      yield* this.#feed.more(needed);
  }

  #keep(bytes: Uint8Array, tail: { offset: number; bytes: Uint8Array; size: number }): void {
    const { tailBytes = 16 * 1024 * 1024 } = this.#limits;
    const size = tail.size + bytes.length;
    if (size > tailBytes)
      throw new MigrationFormatError(
        'TOO_LARGE',
        'devices',
        tail.offset,
        `more than ${tailBytes} bytes of device state`,
      );
    if (size > tail.bytes.length) {
      const grown = new Uint8Array(Math.min(tailBytes, Math.max(size, tail.bytes.length * 2)));
      grown.set(tail.bytes.subarray(0, tail.size));
      tail.bytes = grown;
    }
    tail.bytes.set(bytes, tail.size);
    tail.size = size;
  }

  #checkComplete(records: RamRecords, offset: number): void {
    for (const block of records.blocks) {
      const missing = records.missing(block);
      if (missing > 0) throw truncated(RAM_SECTION, offset, `${missing} bytes of block "${block.name}" never came`);
    }
  }
}

function* readHead(feed: ByteFeed, expected: number): Reading<SectionHead> {
  const { offset } = feed;
  const kind = yield* readByte(feed);
  if (kind !== expected)
    throw new MigrationFormatError('UNSUPPORTED', STREAM, offset, `a section of kind 0x${kind.toString(16)}`);
  const id = yield* readWord(feed);
  const name = yield* readName(feed);
  const instance = yield* readWord(feed);
  return { offset, id, name, instance, version: yield* readWord(feed) };
}

function* readFooter(feed: ByteFeed, name: string, id: number): Reading<void> {
  const { offset } = feed;
  const kind = yield* readByte(feed);
  const found = yield* readWord(feed);
  if (kind !== SECTION_FOOTER || found !== id)
    throw new MigrationFormatError('CORRUPT', name, offset, `no footer of section ${id} where it ends`);
}

function truncated(section: string, offset: number, message: string): MigrationFormatError {
  return new MigrationFormatError('TRUNCATED', section, offset, message);
}
