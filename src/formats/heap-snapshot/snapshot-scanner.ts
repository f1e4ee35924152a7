// Long: one state machine, whose states are read best next to each other.
import { FormatError } from '../format-error.ts';
import { readLayout, type SnapshotLayout } from './snapshot-format.ts';

export type NumberSection = 'nodes' | 'edges' | 'locations';

/** Who listens to a scanner. What is handed out is valid during the call only. */
export interface SnapshotHandler {
  layout(layout: SnapshotLayout): void;
  /** The next `length` numbers of a section; batches end anywhere, also in the middle of a record. */
  numbers(section: NumberSection, values: Float64Array, length: number): void;
  /** One entry of `strings`: the bytes between its quotes, JSON escapes as they are. */
  string(bytes: Uint8Array, start: number, end: number): void;
  /** The list of strings begins after the byte at `offset` of the chunk being pushed. */
  stringsBegin?(offset: number): void;
  /** The list of strings ends with the bracket at `offset` of the chunk being pushed. */
  stringsEnd?(offset: number): void;
}

/** The header is about 2 KiB; V8 writes at most 1024 characters of a string (at most 6 bytes each). */
const limits = { headerBytes: 1024 * 1024, keyBytes: 64, stringBytes: 1024 * 1024, depth: 64, digits: 16 };

const sliceBytes = 16 * 1024;

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

type State = 'OPEN' | 'KEY' | 'COLON' | 'VALUE' | 'HEADER' | 'SKIP' | 'NUMBERS' | 'STRINGS' | 'NEXT' | 'END';

const order = ['snapshot', 'nodes', 'edges', 'locations', 'strings'] as const;

/**
 * Reads the bytes of a heap snapshot in chunks of any size and in one pass, without a JSON library: an event per number
 * would cost more than all the rest. Sections that are not needed are skipped. FormatError for anything unexpected.
 */
export class SnapshotScanner {
  readonly #handler: SnapshotHandler;
  #state: State = 'OPEN';
  #position = 0;
  /** Bytes of a key, header or string that began in an earlier chunk. */
  #carry: Uint8Array[] = [];
  #carryBytes = 0;
  #inString = false;
  #escaped = false;
  #depth = 0;
  #section: string = '';
  #seen = -1;
  #first = true;
  #small = 0;
  #large = 0;
  #ended = 0;
  #digits = 0;
  #numberEnded = false;
  readonly #batch = new Float64Array(16 * 1024);
  #batched = 0;

  constructor(handler: SnapshotHandler) {
    this.#handler = handler;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) at = this.#step(chunk, at);
    this.#position += chunk.length;
  }

  /** The stream is over: TRUNCATED if the snapshot is not. */
  end(): void {
    if (this.#state !== 'END') throw this.#fault('TRUNCATED', 0, 'the snapshot ends too early');
    if (this.#seen < order.length - 1) throw this.#fault('CORRUPT', 0, 'the snapshot has no strings');
  }

  #fault(fault: 'TRUNCATED' | 'CORRUPT' | 'TOO_LARGE', at: number, message: string): FormatError {
    return new FormatError(fault, this.#position + at, message);
  }

  #step(chunk: Uint8Array, at: number): number {
    switch (this.#state) {
      case 'NUMBERS':
        return this.#numbers(chunk, at);
      case 'STRINGS':
        return this.#strings(chunk, at);
      case 'HEADER':
      case 'SKIP':
        return this.#nested(chunk, at);
      case 'KEY':
        if (this.#inString) return this.#key(chunk, at);
        break;
      default:
    }
    const byte = chunk[at] as number;
    return isSpace(byte) ? at + 1 : this.#punctuation(byte, at);
  }

  /** Answers where to go on. */
  #punctuation(byte: number, at: number): number {
    const unexpected = () => this.#fault('CORRUPT', at, `unexpected byte 0x${byte.toString(16)}`);
    switch (this.#state) {
      case 'OPEN':
        if (byte !== openBrace) throw this.#fault('CORRUPT', at, 'this is not a heap snapshot');
        this.#state = 'KEY';
        return at + 1;
      case 'KEY':
        if (byte !== quote) throw unexpected();
        this.#inString = true;
        return at + 1;
      case 'COLON':
        if (byte !== colon) throw unexpected();
        this.#state = 'VALUE';
        return at + 1;
      case 'VALUE':
        return this.#begin(byte, at);
      case 'NEXT':
        if (byte === comma) this.#state = 'KEY';
        else if (byte === closeBrace) this.#state = 'END';
        else throw unexpected();
        return at + 1;
      default:
        throw unexpected();
    }
  }

  /** A value begins: the section's name says who reads it. Its first byte belongs to the reader, unless it opened a list. */
  #begin(byte: number, at: number): number {
    const place = order.indexOf(this.#section as (typeof order)[number]);
    this.#depth = 0;
    if (place < 0) {
      this.#state = 'SKIP';
      return at;
    }
    // Locations are optional, everything else is there, once and in this order.
    const allowed = place === this.#seen + 1 || (this.#section === 'strings' && this.#seen === 2);
    if (!allowed) throw this.#fault('CORRUPT', at, `the section ${this.#section} is not in its place`);
    this.#seen = place;
    if (this.#section === 'snapshot') {
      this.#state = 'HEADER';
      return at;
    }
    if (byte !== openBracket) throw this.#fault('CORRUPT', at, `the section ${this.#section} is not a list`);
    this.#first = true;
    if (this.#section === 'strings') {
      this.#state = 'STRINGS';
      this.#handler.stringsBegin?.(at);
    } else {
      this.#state = 'NUMBERS';
    }
    return at + 1;
  }

  #keep(bytes: Uint8Array, limit: number, at: number): void {
    this.#carryBytes += bytes.length;
    if (this.#carryBytes > limit) throw this.#fault('TOO_LARGE', at, `a part of it is longer than ${limit} bytes`);
    this.#carry.push(bytes.slice());
  }

  /** What was carried over from earlier chunks, with `tail` behind it. */
  #carried(tail: Uint8Array, limit: number, at: number): Uint8Array {
    if (this.#carryBytes + tail.length > limit) {
      throw this.#fault('TOO_LARGE', at, `a part of it is longer than ${limit} bytes`);
    }
    if (this.#carry.length === 0) return tail;
    const whole = Buffer.concat([...this.#carry, tail]);
    this.#carry = [];
    this.#carryBytes = 0;
    return whole;
  }

  #key(chunk: Uint8Array, from: number): number {
    const to = chunk.indexOf(quote, from);
    if (to < 0) {
      this.#keep(chunk.subarray(from), limits.keyBytes, from);
      return chunk.length;
    }
    this.#section = Buffer.from(this.#carried(chunk.subarray(from, to), limits.keyBytes, from)).toString('latin1');
    this.#inString = false;
    this.#state = 'COLON';
    return to + 1;
  }

  /** The header, and values that nobody needs: brackets are counted, strings respected. */
  #nested(chunk: Uint8Array, from: number): number {
    const keep = this.#state === 'HEADER';
    let at = from;
    let over = false;
    for (; at < chunk.length && !over; at++) {
      const byte = chunk[at] as number;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === backslash) this.#escaped = true;
        else if (byte === quote) this.#inString = false;
      } else if (byte === quote) {
        this.#inString = true;
      } else if (byte === openBracket || byte === openBrace) {
        if (++this.#depth > limits.depth) throw this.#fault('TOO_LARGE', at, 'it is nested too deeply');
      } else if (byte === closeBracket || byte === closeBrace) {
        // A closing brace outside of everything ends the snapshot: the value was a bare word or number.
        if (--this.#depth < 0) {
          at--;
          over = true;
        }
      } else if (byte === comma && this.#depth === 0) {
        at--;
        over = true;
      }
      if (this.#depth === 0 && !this.#inString && (byte === closeBracket || byte === closeBrace)) over = true;
    }
    if (!over) {
      if (keep) this.#keep(chunk.subarray(from), limits.headerBytes, from);
      return chunk.length;
    }
    if (keep) this.#header(this.#carried(chunk.subarray(from, at), limits.headerBytes, from), from);
    this.#depth = 0;
    this.#state = 'NEXT';
    return at;
  }

  #header(bytes: Uint8Array, at: number): void {
    let header: unknown;
    try {
      header = JSON.parse(Buffer.from(bytes).toString('utf8'));
    } catch (cause) {
      throw new FormatError('CORRUPT', this.#position + at, 'the header is not JSON', { cause });
    }
    this.#handler.layout(readLayout(header));
  }

  #numbers(chunk: Uint8Array, from: number): number {
    const batch = this.#batch;
    let small = this.#small;
    let large = this.#large;
    let digits = this.#digits;
    let batched = this.#batched;
    // How many digits there were at the first space behind them; more at its end are two numbers without a comma.
    let ended = this.#ended;
    let at = from;
    // In slices: V8 optimises what is called often, and gives up again and again on a loop that ends once per chunk.
    const end = Math.min(chunk.length, from + sliceBytes);
    for (; at < end; at++) {
      const byte = chunk[at] as number;
      const digit = byte - 0x30;
      if (digit >= 0 && digit <= 9) {
        // Nine digits fit into 32 bits, in which nearly all numbers are counted; the rest is put before them at the end.
        if (digits < 9) small = (Math.imul(small, 10) + digit) | 0;
        else large = (digits === 9 ? small : large) * 10 + digit;
        digits++;
      } else if (byte === comma || byte === closeBracket) {
        if (digits === 0 || digits > limits.digits) {
          if (digits === 0 && byte === closeBracket && this.#first && batched === 0) break;
          throw this.#fault('CORRUPT', at, digits === 0 ? 'a number is missing' : 'a number is too long');
        }
        if (ended !== 0 && ended !== digits) throw this.#fault('CORRUPT', at, 'a comma is missing between two numbers');
        batch[batched++] = digits <= 9 ? small : large;
        small = 0;
        digits = 0;
        ended = 0;
        if (batched === batch.length) {
          this.#flush(batched);
          batched = 0;
        }
        if (byte === closeBracket) break;
      } else if (isSpace(byte)) {
        if (ended !== 0 && ended !== digits) throw this.#fault('CORRUPT', at, 'a comma is missing between two numbers');
        ended = digits;
      } else {
        throw this.#fault('CORRUPT', at, 'this is not a whole number');
      }
    }
    this.#small = small;
    this.#large = large;
    this.#digits = digits;
    this.#batched = batched;
    this.#ended = ended;
    if (at === end) return at;
    if (batched > 0) this.#flush(batched);
    this.#batched = 0;
    this.#state = 'NEXT';
    return at + 1;
  }

  #flush(batched: number): void {
    this.#first = false;
    this.#handler.numbers(this.#section as NumberSection, this.#batch, batched);
  }

  #strings(chunk: Uint8Array, from: number): number {
    let at = from;
    const end = Math.min(chunk.length, from + sliceBytes);
    while (at < end) {
      if (this.#inString) {
        at = this.#stringEnd(chunk, at);
        continue;
      }
      const byte = chunk[at] as number;
      if (byte === quote && !this.#numberEnded) this.#inString = true;
      else if (byte === comma && this.#numberEnded) this.#numberEnded = false;
      else if (byte === closeBracket && (this.#numberEnded || this.#first)) {
        this.#numberEnded = false;
        this.#state = 'NEXT';
        this.#handler.stringsEnd?.(at);
        return at + 1;
      } else if (!isSpace(byte)) throw this.#fault('CORRUPT', at, 'the list of strings is malformed');
      at++;
    }
    return at;
  }

  /** From inside of a string to behind its closing quote, or to the chunk's end. `#numberEnded`: a comma has to follow. */
  #stringEnd(chunk: Uint8Array, from: number): number {
    let at = from;
    if (this.#escaped) {
      this.#escaped = false;
      at++;
    }
    for (; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === quote) break;
      if (byte === backslash && ++at === chunk.length) this.#escaped = true;
    }
    if (at >= chunk.length) {
      this.#keep(chunk.subarray(from), limits.stringBytes, from);
      return chunk.length;
    }
    if (this.#carry.length === 0) {
      if (at - from > limits.stringBytes) throw this.#fault('TOO_LARGE', from, 'a string is too long');
      this.#handler.string(chunk, from, at);
    } else {
      const whole = this.#carried(chunk.subarray(from, at), limits.stringBytes, from);
      this.#handler.string(whole, 0, whole.length);
    }
    this.#first = false;
    this.#inString = false;
    this.#numberEnded = true;
    return at + 1;
  }
}
