import { LibvirtError } from '../error.ts';

/** Writes XDR (RFC 4506) into one growing buffer of at most `limit` bytes; a value out of its range is INVALID_VALUE. */
export class XdrWriter {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  u32(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw invalid(`${value} is not an unsigned int`);
    const start = this.#reserve(4);
    this.#bytes.writeUInt32BE(value, start);
  }

  i32(value: number): void {
    if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0x7fff_ffff)
      throw invalid(`${value} is not an int`);
    const start = this.#reserve(4);
    this.#bytes.writeInt32BE(value, start);
  }

  u64(value: bigint): void {
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value)
      throw invalid(`${value} is not an unsigned 64-bit bigint`);
    const start = this.#reserve(8);
    this.#bytes.writeBigUInt64BE(value, start);
  }

  i64(value: bigint): void {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value)
      throw invalid(`${value} is not a 64-bit bigint`);
    const start = this.#reserve(8);
    this.#bytes.writeBigInt64BE(value, start);
  }

  double(value: number): void {
    if (typeof value !== 'number') throw invalid(`${value} is not a number`);
    const start = this.#reserve(8);
    this.#bytes.writeDoubleBE(value, start);
  }

  /** The bytes and zeros up to the next multiple of four (RFC 4506 §4.9). */
  opaque(value: Uint8Array): void {
    const padding = (4 - (value.length % 4)) % 4;
    const start = this.#reserve(value.length + padding);
    this.#bytes.set(value, start);
    this.#bytes.fill(0, start + value.length, start + value.length + padding);
  }

  /** Puts the length of all that was written into its first word: the length of a libvirt message counts itself. */
  stampLength(): void {
    this.#bytes.writeUInt32BE(this.#length, 0);
  }

  /** What was written: a view of this writer's buffer, which must not be written to any more. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes room, perhaps in a new buffer: read `#bytes` after this only. */
  #reserve(count: number): number {
    const needed = this.#length + count;
    if (needed > this.#limit)
      throw invalid(`the message would be longer than the ${this.#limit} bytes that fit in one`);
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, this.#bytes.length * 2), this.#limit));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    const start = this.#length;
    this.#length = needed;
    return start;
  }
}

function invalid(text: string): LibvirtError {
  return new LibvirtError('INVALID_VALUE', text);
}
