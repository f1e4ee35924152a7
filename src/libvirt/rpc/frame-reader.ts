import { protocolError } from '../error.ts';
import { type Header, readHeader } from '../protocol/header.ts';
import { limits } from '../protocol/programs.ts';

/** One message as it came. The body may be a view of what the socket delivered: copy what must stay. */
export interface Frame {
  readonly header: Header;
  readonly body: Buffer;
}

/** Where the body starts: behind the length word and the six words of the header. */
const headBytes = limits.minMessageBytes;

/** How much is set aside at once for a message of which the end has not come: more only as more arrives. */
const firstAllocation = 1024 * 1024;

/**
 * Cuts the byte stream of a connection into messages. A length outside of the protocol's is refused when its four bytes
 * are there, before anything is allocated for it; an unfinished message holds at most twice what has arrived of it.
 * After a PROTOCOL error the reader is of no more use: there is no telling where the next message starts.
 */
export class FrameReader {
  /** The message that is not complete yet, or the beginning of its length word. */
  #partial: Buffer = Buffer.allocUnsafe(limits.lengthWordBytes);
  #filled = 0;
  /** The length of the message in `#partial`; undefined until its length word is complete. */
  #length: number | undefined;
  readonly #onFrame: (frame: Frame) => void;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** Whether the bytes so far end in the middle of a message. */
  get midway(): boolean {
    return this.#filled > 0;
  }

  /** Takes what arrived and reports every message that it completes, in order. */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#filled === 0 && rest.length >= limits.lengthWordBytes) {
        const length = checkedLength(rest.readUInt32BE(0));
        if (rest.length >= length) {
          // The message lies whole in this chunk: no copy.
          this.#report(rest.subarray(0, length));
          rest = rest.subarray(length);
          continue;
        }
        this.#begin(length);
      }
      rest = this.#collect(rest);
    }
  }

  #begin(length: number): void {
    const word = this.#partial.subarray(0, this.#filled);
    this.#length = length;
    this.#partial = Buffer.allocUnsafe(Math.min(length, firstAllocation));
    this.#partial.set(word);
  }

  /** Moves bytes into the unfinished message, and answers with those that belong to the next. */
  #collect(bytes: Buffer): Buffer {
    const wanted = (this.#length ?? limits.lengthWordBytes) - this.#filled;
    const taken = bytes.subarray(0, wanted);
    this.#makeRoom(this.#filled + taken.length);
    this.#partial.set(taken, this.#filled);
    this.#filled += taken.length;
    if (taken.length === wanted) {
      if (this.#length === undefined) this.#begin(checkedLength(this.#partial.readUInt32BE(0)));
      else this.#finish(this.#length);
    }
    return bytes.subarray(taken.length);
  }

  #makeRoom(needed: number): void {
    if (needed <= this.#partial.length) return;
    const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, this.#partial.length * 2), this.#length ?? needed));
    this.#partial.copy(grown, 0, 0, this.#filled);
    this.#partial = grown;
  }

  #finish(length: number): void {
    const message = this.#partial.subarray(0, length);
    this.#partial = Buffer.allocUnsafe(limits.lengthWordBytes);
    this.#filled = 0;
    this.#length = undefined;
    this.#report(message);
  }

  #report(message: Buffer): void {
    const header = readHeader(message.subarray(limits.lengthWordBytes, headBytes));
    this.#onFrame({ header, body: message.subarray(headBytes) });
  }
}

function checkedLength(length: number): number {
  if (length < limits.minMessageBytes || length > limits.maxMessageBytes)
    throw protocolError(
      `a message of ${length} bytes, where ${limits.minMessageBytes} to ${limits.maxMessageBytes} are possible`,
    );
  return length;
}
