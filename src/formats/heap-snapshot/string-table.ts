import { byteAt, longer, wordAt } from './columns.ts';
import { packBytes, packNumbers, unpackBytes, unpackNumbers } from './packed-column.ts';

const chunkBytes = 256 * 1024;

/** How much of one string is kept: enough for every name that a person reads. */
const keptBytes = 512;

/** Chunks beyond these are packed. */
const plainChunks = 32;

/** Strings one after the other, and where each of them ends. */
interface Chunk {
  readonly first: number;
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

interface StoredChunk {
  readonly first: number;
  readonly bytes: Uint8Array;
  readonly ends: Uint8Array | Uint32Array;
}

/**
 * The strings of a snapshot as bytes, decoded on demand: a JavaScript array of all of them would cost more than the graph.
 * A string that is longer than 512 bytes is kept cut, with its length beside it. Of many strings all but the first are packed:
 * they are the contents of a program's own strings, and hardly ever asked for; V8 lists the names that many share first.
 */
export class StringTable {
  readonly #chunks: StoredChunk[] = [];
  #bytes = new Uint8Array(chunkBytes);
  #used = 0;
  #ends = new Uint32Array(1024);
  #first = 0;
  #count = 0;
  /** Bytes of the strings that are kept cut. */
  readonly #cut = new Map<number, number>();
  #open: Chunk = { first: 0, bytes: new Uint8Array(0), ends: new Uint32Array(0) };

  get length(): number {
    return this.#count;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    const kept = Math.min(end - start, keptBytes);
    if (this.#used + kept > chunkBytes) this.#store();
    if (this.#count - this.#first === this.#ends.length) this.#ends = longer(this.#ends);
    const [chunk, offset] = [this.#bytes, this.#used];
    for (let at = 0; at < kept; at++) chunk[offset + at] = byteAt(bytes, start + at);
    if (kept < end - start) this.#cut.set(this.#count, end - start);
    this.#used += kept;
    this.#ends[this.#count - this.#first] = this.#used;
    this.#count++;
  }

  /** Bytes of the string as it is written in the file. */
  bytes(index: number): number {
    const cut = this.#cut.get(index);
    if (cut !== undefined) return cut;
    const { first, ends } = this.#chunkOf(index);
    return wordAt(ends, index - first) - (index === first ? 0 : wordAt(ends, index - first - 1));
  }

  /** The text; of a long string its beginning with an ellipsis. */
  text(index: number): string {
    const { first, bytes, ends } = this.#chunkOf(index);
    const from = index === first ? 0 : wordAt(ends, index - first - 1);
    return decode(bytes, from, wordAt(ends, index - first), this.#cut.has(index));
  }

  #store(): void {
    const ends = this.#ends.slice(0, this.#count - this.#first);
    const packed = this.#chunks.length >= plainChunks;
    const bytes = packed ? packBytes(this.#bytes.subarray(0, this.#used)) : this.#bytes.slice(0, this.#used);
    this.#chunks.push({ first: this.#first, bytes, ends: packed ? packNumbers(ends) : ends });
    this.#first = this.#count;
    this.#used = 0;
  }

  #chunkOf(index: number): Chunk {
    const { first, ends } = this.#open;
    if (index >= first && index < first + ends.length) return this.#open;
    if (index >= this.#count) return { first: index, bytes: new Uint8Array(0), ends: new Uint32Array(0) };
    if (index >= this.#first) {
      return { first: this.#first, bytes: this.#bytes, ends: this.#ends.subarray(0, this.#count - this.#first) };
    }
    let [low, high] = [0, this.#chunks.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]?.first ?? 0) <= index) low = middle;
      else high = middle;
    }
    const found = this.#chunks[low];
    if (found === undefined) throw new RangeError(`the string ${index} is in no chunk`);
    if (found.ends instanceof Uint32Array) return { ...found, ends: found.ends };
    this.#open = {
      first: found.first,
      bytes: unpackBytes(found.bytes, chunkBytes),
      ends: unpackNumbers(found.ends, chunkBytes + 1),
    };
    return this.#open;
  }
}

/** Text between the quotes of a JSON string; V8 escapes what is not ASCII, other writers may not. */
function decode(bytes: Uint8Array, start: number, end: number, cut: boolean): string {
  let raw = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
  // A cut may go through an escape or a character.
  if (cut) raw = raw.replace(/\\(u[0-9a-fA-F]{0,3})?$|\uFFFD+$/, '');
  if (raw.includes('\\')) {
    try {
      raw = String(JSON.parse(`"${raw}"`));
    } catch {
      // Not valid JSON: shown as it is written.
    }
  }
  return cut ? `${raw}…` : raw;
}
