import { FormatError } from '../format-error.ts';
import { byteAt, doubleAt } from './columns.ts';
import { isIndexed, isStringType, nodeType, type SnapshotLayout } from './snapshot-format.ts';
import { type NumberSection, type SnapshotHandler, SnapshotScanner } from './snapshot-scanner.ts';

/**
 * Takes the contents of strings out of a snapshot while it passes: `len:N` stands for a string of N bytes. Names of
 * properties, classes and functions stay, and so do sizes and the graph. What a value has in common with a name stays too:
 * V8 writes both as one entry. Memory: one byte for each distinct string.
 */
export class SnapshotRedactor implements SnapshotHandler {
  readonly #scanner = new SnapshotScanner(this);
  #layout: SnapshotLayout | null = null;
  /** 1: content of a string or number; 2: a name. Both: stays. */
  #uses = new Uint8Array(1024);
  #index = 0;
  #out: Uint8Array[] = [];
  #chunk: Uint8Array = new Uint8Array(0);
  /** From where on the chunk passes as it is; null inside of the list of strings. */
  #verbatimFrom: number | null = 0;
  #text = '';

  /** Bytes in, redacted bytes out; what comes out is valid until the chunk is reused. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunk = chunk;
    if (this.#verbatimFrom !== null) this.#verbatimFrom = 0;
    this.#scanner.push(chunk);
    if (this.#verbatimFrom !== null) this.#pass(this.#verbatimFrom, chunk.length);
    else this.#flushText();
    const out = this.#out;
    this.#out = [];
    return out;
  }

  end(): void {
    this.#scanner.end();
  }

  #pass(from: number, to: number): void {
    if (to > from) this.#out.push(this.#chunk.subarray(from, to));
  }

  #flushText(): void {
    if (this.#text.length > 0) this.#out.push(Buffer.from(this.#text, 'latin1'));
    this.#text = '';
  }

  layout(layout: SnapshotLayout): void {
    this.#layout = layout;
  }

  numbers(section: NumberSection, values: Float64Array, length: number): void {
    if (this.#layout === null) return;
    if (section === 'nodes') this.#nodes(this.#layout, values, length);
    else if (section === 'edges') this.#edges(this.#layout, values, length);
  }

  #nodes({ node: at, nodeFields, nodeTypes }: SnapshotLayout, values: Float64Array, length: number): void {
    for (let record = 0; record < length; record += nodeFields) {
      const type = byteAt(nodeTypes, doubleAt(values, record + at.type));
      const isContent = isStringType(type) || type === nodeType.number || type === nodeType.bigint;
      this.#use(doubleAt(values, record + at.name), isContent ? 1 : 2);
    }
  }

  #edges({ edge: at, edgeFields, edgeTypes }: SnapshotLayout, values: Float64Array, length: number): void {
    for (let record = 0; record < length; record += edgeFields) {
      const type = byteAt(edgeTypes, doubleAt(values, record + at.type));
      if (!isIndexed(type)) this.#use(doubleAt(values, record + at.name), 2);
    }
  }

  #use(string: number, use: number): void {
    if (string >= this.#uses.length) {
      // More strings than this no snapshot has: an index out of range must not become an allocation.
      if (string >= 2 ** 30) throw new FormatError('CORRUPT', 0, 'the index of a string is out of range');
      const grown = new Uint8Array(Math.max(string + 1, this.#uses.length * 2));
      grown.set(this.#uses);
      this.#uses = grown;
    }
    this.#uses[string] = byteAt(this.#uses, string) | use;
  }

  stringsBegin(offset: number): void {
    this.#pass(this.#verbatimFrom ?? 0, offset + 1);
    this.#verbatimFrom = null;
  }

  string(bytes: Uint8Array, start: number, end: number): void {
    const separator = this.#index === 0 ? '' : ',\n';
    // A string that nothing uses may be anything: it goes.
    const keep = ((this.#uses[this.#index] ?? 0) & 2) !== 0;
    const text = keep
      ? Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
      : `len:${end - start}`;
    this.#text += `${separator}"${text}"`;
    if (this.#text.length > 64 * 1024) this.#flushText();
    this.#index++;
  }

  stringsEnd(offset: number): void {
    this.#flushText();
    this.#verbatimFrom = offset;
  }
}
