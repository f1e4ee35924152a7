import { byteAt, wordAt } from './columns.ts';

const chunkBytes = 256 * 1024;

/** How much of one string is kept: enough for every name that a person reads. */
const keptBytes = 512;

/**
 * The strings of a snapshot as bytes, decoded on demand: a JavaScript array of all of them would cost more than the graph.
 * A string that is longer than 512 bytes is kept cut; its length and a hash of all of it are kept too, so that
 * duplicates can be counted.
 */
export class StringTable {
  readonly #chunks: Uint8Array[] = [];
  #chunk = new Uint8Array(0);
  #room = 0;
  #places = new Float64Array(1024);
  #lengths = new Uint32Array(1024);
  #hashes = new Uint32Array(1024);
  #count = 0;

  get length(): number {
    return this.#count;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.#count === this.#places.length) this.#grow();
    const kept = Math.min(end - start, keptBytes);
    if (this.#room < kept || this.#chunks.length === 0) {
      this.#chunk = new Uint8Array(chunkBytes);
      this.#chunks.push(this.#chunk);
      this.#room = chunkBytes;
    }
    const chunk = this.#chunk;
    const offset = chunkBytes - this.#room;
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) {
      const byte = byteAt(bytes, at);
      if (at - start < kept) chunk[offset + at - start] = byte;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    this.#room -= kept;
    this.#places[this.#count] = (this.#chunks.length - 1) * chunkBytes + offset;
    this.#lengths[this.#count] = end - start;
    this.#hashes[this.#count] = hash;
    this.#count++;
  }

  /** FNV-1a over the string as it is written in the file. */
  hash(index: number): number {
    return wordAt(this.#hashes, index);
  }

  /** Bytes of the string as it is written in the file. */
  bytes(index: number): number {
    return wordAt(this.#lengths, index);
  }

  /** The text; of a long string its beginning with an ellipsis. */
  text(index: number): string {
    const place = this.#places[index];
    if (place === undefined || index >= this.#count) return '';
    const length = wordAt(this.#lengths, index);
    const kept = Math.min(length, keptBytes);
    const chunk = this.#chunks[Math.floor(place / chunkBytes)] ?? new Uint8Array(0);
    const from = place % chunkBytes;
    return decode(chunk, from, from + kept, kept < length);
  }

  #grow(): void {
    const size = this.#places.length * 2;
    const places = new Float64Array(size);
    places.set(this.#places);
    const lengths = new Uint32Array(size);
    lengths.set(this.#lengths);
    const hashes = new Uint32Array(size);
    hashes.set(this.#hashes);
    [this.#places, this.#lengths, this.#hashes] = [places, lengths, hashes];
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
