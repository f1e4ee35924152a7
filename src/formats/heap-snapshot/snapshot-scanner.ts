// Long: one state machine, whose states are read best next to each other.
import { FormatError } from '../format-error.ts';
import { byteAt } from './columns.ts';
import { readLayout, type SnapshotLayout } from './snapshot-format.ts';

export type NumberSection = 'nodes' | 'edges' | 'locations';

/** Who listens to a scanner. What is handed out is valid during the call only. */
export interface SnapshotHandler {
  layout(layout: SnapshotLayout): void;
  /** The next `length` numbers of a section: whole records. */
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
const batchNumbers = 16 * 1024;
/** Nine digits, a line break and a comma, rounded up. */
const longestNumber = 16;

const zero = 0x30;
const newline = 0x0a;
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

const numberSections: readonly NumberSection[] = ['nodes', 'edges', 'locations'];
const order: readonly string[] = ['snapshot', ...numberSections, 'strings'];

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
  #number = 0;
  /** Digits at the first space behind the number; 0 before one. */
  #ended = 0;
  #digits = 0;
  #numberEnded = false;
  readonly #batch = new Float64Array(batchNumbers);
  #batched = 0;
  /** Numbers of a record of the section under way, and of the most whole records that a batch holds. */
  #record = 1;
  #batchEnd = batchNumbers;
  #numberSection: NumberSection = 'nodes';
  #recordLengths: Readonly<Record<NumberSection, number>> | null = null;

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
    const byte = byteAt(chunk, at);
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
    const place = order.indexOf(this.#section);
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
      this.#numberSection = numberSections[place - 1] ?? 'nodes';
      // A section whose records have no fields has to be empty.
      this.#record = this.#recordLengths?.[this.#numberSection] || batchNumbers + 1;
      this.#batchEnd = Math.max(batchNumbers - (batchNumbers % this.#record), 1);
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
      const byte = byteAt(chunk, at);
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
    const layout = readLayout(header);
    this.#recordLengths = { nodes: layout.nodeFields, edges: layout.edgeFields, locations: layout.locationFields };
    this.#handler.layout(layout);
  }

  #numbers(chunk: Uint8Array, from: number): number {
    // In slices: V8 optimises what is called often, and gives up again and again on a loop that ends once per chunk.
    const end = Math.min(chunk.length, from + sliceBytes);
    let at = from;
    while (at < end) {
      if (this.#digits === 0 && this.#ended === 0) at = this.#wholeNumbers(chunk, at, end);
      if (at < end) at = this.#numberByte(chunk, at);
      if (this.#state !== 'NUMBERS') return at;
    }
    return at;
  }

  /** The way of nearly all bytes: numbers of at most nine digits, each with its comma. Stops where anything else begins. */
  #wholeNumbers(chunk: Uint8Array, from: number, end: number): number {
    const batch = this.#batch;
    const batchEnd = this.#batchEnd;
    let batched = this.#batched;
    let start = from;
    while (end - start > longestNumber) {
      let at = start;
      let number = byteAt(chunk, at) - zero;
      if (number < 0 || number > 9) break;
      let digit = byteAt(chunk, ++at) - zero;
      while (digit >= 0 && digit <= 9) {
        number = (Math.imul(number, 10) + digit) | 0;
        digit = byteAt(chunk, ++at) - zero;
      }
      if (at - start > 9) break;
      // V8 begins a record on a new line, whose break stands before the comma.
      if (digit === newline - zero) digit = byteAt(chunk, ++at) - zero;
      if (digit !== comma - zero) break;
      start = at + 1;
      batch[batched++] = number;
      if (batched === batchEnd) {
        this.#flush(batched);
        batched = 0;
      }
    }
    this.#batched = batched;
    return start;
  }

  /** One byte of what the fast way leaves: ends of sections and chunks, long numbers, spaces, and whatever is wrong. */
  #numberByte(chunk: Uint8Array, at: number): number {
    const byte = byteAt(chunk, at);
    const digit = byte - zero;
    if (digit >= 0 && digit <= 9) {
      this.#number = this.#number * 10 + digit;
      this.#digits++;
      if (this.#digits > limits.digits) throw this.#fault('CORRUPT', at, 'a number is too long');
    } else if (byte === comma || byte === closeBracket) {
      const none = this.#digits === 0 && byte === closeBracket && this.#first && this.#batched === 0;
      if (none) return this.#numbersEnd(at);
      if (this.#digits === 0) throw this.#fault('CORRUPT', at, 'a number is missing');
      this.#checkComma(at);
      this.#batch[this.#batched++] = this.#number;
      this.#number = 0;
      this.#digits = 0;
      this.#ended = 0;
      if (byte === closeBracket) return this.#numbersEnd(at);
      if (this.#batched === this.#batchEnd) {
        this.#flush(this.#batched);
        this.#batched = 0;
      }
    } else if (isSpace(byte)) {
      this.#checkComma(at);
      this.#ended = this.#digits;
    } else {
      throw this.#fault('CORRUPT', at, 'this is not a whole number');
    }
    return at + 1;
  }

  /** More digits than there were at the first space behind them are two numbers. */
  #checkComma(at: number): void {
    if (this.#ended !== 0 && this.#ended !== this.#digits)
      throw this.#fault('CORRUPT', at, 'a comma is missing between two numbers');
  }

  #numbersEnd(at: number): number {
    if (this.#batched % this.#record !== 0) {
      throw this.#fault('CORRUPT', at, `the section ${this.#section} ends in the middle of a record`);
    }
    if (this.#batched > 0) this.#flush(this.#batched);
    this.#batched = 0;
    this.#state = 'NEXT';
    return at + 1;
  }

  #flush(batched: number): void {
    this.#first = false;
    this.#handler.numbers(this.#numberSection, this.#batch, batched);
  }

  #strings(chunk: Uint8Array, from: number): number {
    let at = from;
    const end = Math.min(chunk.length, from + sliceBytes);
    while (at < end) {
      if (this.#inString) {
        at = this.#stringEnd(chunk, at);
        continue;
      }
      const byte = byteAt(chunk, at);
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
      const byte = byteAt(chunk, at);
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
