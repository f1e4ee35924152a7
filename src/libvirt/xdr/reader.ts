import { protocolError } from '../error.ts';

/**
 * Reads XDR (RFC 4506) from bytes that were received whole: big-endian, everything in units of four bytes. Every read is
 * checked against what is there, so a lying length costs nothing but the error.
 */
export class XdrReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** RFC 4506 §4.2. */
  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  /** RFC 4506 §4.1. */
  i32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  /** RFC 4506 §4.5. */
  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  /** RFC 4506 §4.5. */
  i64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  /** RFC 4506 §4.7. */
  double(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  /** `length` bytes and their padding to a multiple of four (RFC 4506 §4.9): a view, valid as long as the source. */
  opaque(length: number): Buffer {
    const padded = length + ((4 - (length % 4)) % 4);
    const start = this.#take(padded);
    return this.#bytes.subarray(start, start + length);
  }

  /** A count or length that the sender chose, refused above `limit` before anything is done with it. */
  length(limit: number, what: string): number {
    const length = this.u32();
    if (length > limit) throw protocolError(`${what} of ${length} where at most ${limit} is allowed`);
    return length;
  }

  /** The end must have been reached: bytes that nobody declared mean that sender and reader disagree on the layout. */
  end(): void {
    if (this.remaining > 0) throw protocolError(`${this.remaining} bytes are left over after the message body`);
  }

  #take(count: number): number {
    if (count > this.remaining)
      throw protocolError(`the message body ends ${count - this.remaining} bytes too early (at byte ${this.#offset})`);
    const start = this.#offset;
    this.#offset += count;
    return start;
  }
}
