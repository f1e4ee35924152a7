import { FormatError } from '../format-error.ts';
import { FrameIndex } from '../frames/frame-index.ts';
import type { RandomAccess } from '../random-access.ts';
import { FRAME_CONTENT_MAX } from './frame-format.ts';

/**
 * The seek table of the seekable format (zstd project, contrib/seekable_format, version 0.1.0): a skippable frame at
 * the end of the file, which every zstd decoder steps over. All numbers are little-endian:
 *
 *     0x184d2a5e (4) · size of the rest (4) · entries · number of frames (4) · descriptor (1) · 0x8f92eab1 (4)
 *     entry: compressed size (4) · content size (4) · [low half of XXH64 of the content (4)]
 */
const TABLE_MAGIC = 0x184d2a5e;
const SEEKABLE_MAGIC = 0x8f92eab1;
const HEADER_SIZE = 8;
const FOOTER_SIZE = 9;
/** Bit 7 of the descriptor: entries have checksums. Bits 6-2 are reserved and must be 0; bits 1-0 are not to be read. */
const CHECKSUM_FLAG = 0x80;
const RESERVED_BITS = 0x7c;
/** The limit of the reference implementation. */
const FRAMES_MAX = 0x800_0000;

/** What the table says of one frame. An EncodedFrame is turned into it by leaving its bytes. */
export interface SeekTableEntry {
  readonly compressedSize: number;
  readonly contentSize: number;
  readonly checksum: number;
}

/**
 * Collects the entries of a file while its frames are written, in the order of the file, and makes the table out of
 * them. Tables are always written with checksums: they cost nothing, since every frame ends with the same number.
 */
export class SeekTableWriter {
  #entries = new Uint32Array(3 * 64);
  #count = 0;

  /** Adds the next frame and returns its number. */
  append(entry: SeekTableEntry): number {
    if (this.#count === FRAMES_MAX) throw new RangeError(`a seek table holds at most ${FRAMES_MAX} frames`);
    if (this.#entries.length === this.#count * 3) {
      const grown = new Uint32Array(this.#entries.length * 2);
      grown.set(this.#entries);
      this.#entries = grown;
    }
    this.#set(this.#count, entry);
    return this.#count++;
  }

  /** Replaces the entry of a frame that was filled in after others were appended. */
  replace(index: number, entry: SeekTableEntry): void {
    if (!(index >= 0 && index < this.#count)) throw new RangeError(`frame ${index} of ${this.#count}`);
    this.#set(index, entry);
  }

  /** The bytes that end the file. Entries may still be added or replaced afterwards, for another table. */
  finish(): Uint8Array {
    const bytes = new Uint8Array(HEADER_SIZE + this.#count * 12 + FOOTER_SIZE);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, TABLE_MAGIC, true);
    view.setUint32(4, bytes.length - HEADER_SIZE, true);
    for (let word = 0; word < this.#count * 3; word++)
      view.setUint32(HEADER_SIZE + word * 4, this.#entries[word] as number, true);
    const footer = bytes.length - FOOTER_SIZE;
    view.setUint32(footer, this.#count, true);
    view.setUint8(footer + 4, CHECKSUM_FLAG);
    view.setUint32(footer + 5, SEEKABLE_MAGIC, true);
    return bytes;
  }

  #set(index: number, { compressedSize, contentSize, checksum }: SeekTableEntry): void {
    if (!(compressedSize > 0 && compressedSize <= 0xffff_ffff && contentSize >= 0 && contentSize <= FRAME_CONTENT_MAX))
      throw new RangeError(`a frame of ${compressedSize} bytes for ${contentSize} does not fit into a seek table`);
    this.#entries.set([compressedSize, contentSize, checksum], index * 3);
  }
}

export interface SeekTableLimits {
  /** The largest table that is read; 128 MiB unless told, enough for 11 million frames. */
  readonly tableBytes?: number;
  /** The largest content of one frame, which is what a reader allocates for it; 64 MiB unless told. */
  readonly frameBytes?: number;
}

/**
 * Reads the seek table at the end of a file. The sizes in it are held against the file's before anything is allocated
 * for them; a file without a table, or with one that does not describe the file exactly, is refused.
 */
export async function readSeekTable(source: RandomAccess, limits: SeekTableLimits = {}): Promise<FrameIndex> {
  const { tableBytes = 128 * 1024 * 1024, frameBytes = 64 * 1024 * 1024 } = limits;
  if (source.size < HEADER_SIZE + FOOTER_SIZE)
    throw new FormatError('TRUNCATED', source.size, 'too short for a seekable zstd file');
  const footerOffset = source.size - FOOTER_SIZE;
  const footer = await readView(source, footerOffset, FOOTER_SIZE);
  if (footer.getUint32(5, true) !== SEEKABLE_MAGIC)
    throw new FormatError('CORRUPT', footerOffset, 'no seek table: cut short, or not a seekable zstd file');
  const descriptor = footer.getUint8(4);
  if ((descriptor & RESERVED_BITS) !== 0)
    throw new FormatError('UNSUPPORTED', footerOffset + 4, `seek table descriptor 0x${descriptor.toString(16)}`);

  const count = footer.getUint32(0, true);
  const entrySize = (descriptor & CHECKSUM_FLAG) !== 0 ? 12 : 8;
  const tableSize = HEADER_SIZE + count * entrySize + FOOTER_SIZE;
  if (tableSize > source.size)
    throw new FormatError('CORRUPT', footerOffset, `a seek table of ${count} frames is longer than the file`);
  if (count > FRAMES_MAX || tableSize > tableBytes)
    throw new FormatError('TOO_LARGE', footerOffset, `a seek table of ${count} frames`);
  const tableOffset = source.size - tableSize;
  const table = await readView(source, tableOffset, tableSize);
  if (table.getUint32(0, true) !== TABLE_MAGIC || table.getUint32(4, true) !== tableSize - HEADER_SIZE)
    throw new FormatError('CORRUPT', tableOffset, 'the seek table does not start where its end says');

  const index = readEntries(table, count, entrySize, tableOffset, frameBytes);
  if (index.compressedSize !== tableOffset)
    throw new FormatError('CORRUPT', tableOffset, `the frames of the seek table end at byte ${index.compressedSize}`);
  return index;
}

function readEntries(table: DataView, count: number, entrySize: number, tableOffset: number, frameBytes: number) {
  const compressedSizes = new Uint32Array(count);
  const contentSizes = new Uint32Array(count);
  const checksums = entrySize === 12 ? new Uint32Array(count) : undefined;
  for (let i = 0, at = HEADER_SIZE; i < count; i++, at += entrySize) {
    compressedSizes[i] = table.getUint32(at, true);
    const contentSize = table.getUint32(at + 4, true);
    if (contentSize > frameBytes)
      throw new FormatError('TOO_LARGE', tableOffset + at + 4, `frame ${i} of ${contentSize} bytes of content`);
    contentSizes[i] = contentSize;
    if (checksums !== undefined) checksums[i] = table.getUint32(at + 8, true);
  }
  return new FrameIndex(compressedSizes, contentSizes, checksums);
}

async function readView(source: RandomAccess, offset: number, length: number): Promise<DataView> {
  const bytes = await source.read(offset, length);
  if (bytes.length !== length)
    throw new FormatError('TRUNCATED', offset + bytes.length, 'the file has become shorter while it was read');
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
