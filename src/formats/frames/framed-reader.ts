import type { RandomAccess } from '../random-access.ts';
import { FrameError } from './frame-error.ts';
import type { Frame, FrameIndex } from './frame-index.ts';

/**
 * Turns the bytes of one frame into its content, checked: resolves with exactly `frame.contentSize` bytes or rejects
 * with a FrameError. Does not keep `bytes`.
 */
export type DecodeFrame = (bytes: Uint8Array, frame: Frame) => Promise<Uint8Array>;

/** What became of one frame in a check: its content, or the fault that it has. */
export type CheckedFrame =
  | { readonly frame: Frame; readonly content: Uint8Array; readonly fault?: never }
  | { readonly frame: Frame; readonly content?: never; readonly fault: FrameError };

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** How many frames are read and decoded at the same time; memory is bounded by as many frames. Two unless told. */
  readonly ahead?: number;
}

/**
 * Random access to the content of a framed file. Whatever it hands out has passed the frame's checks. Reads may
 * overlap in time. It keeps the last frame that `read` decoded, so small reads in order decode each frame once.
 * It does not own the source.
 */
export class FramedReader {
  readonly index: FrameIndex;
  readonly #source: RandomAccess;
  readonly #decode: DecodeFrame;
  #last: { index: number; content: Promise<Uint8Array> } | undefined;

  constructor(source: RandomAccess, index: FrameIndex, decode: DecodeFrame) {
    this.#source = source;
    this.index = index;
    this.#decode = decode;
  }

  /** Size of the content in bytes. */
  get size(): number {
    return this.index.contentSize;
  }

  /** The content of one frame; rejects with a FrameError that names it if it is bad. */
  async frame(index: number): Promise<Uint8Array> {
    const frame = this.index.frame(index);
    const bytes = await this.#source.read(frame.offset, frame.compressedSize);
    if (bytes.length !== frame.compressedSize)
      throw new FrameError('TRUNCATED', frame, `${bytes.length} of ${frame.compressedSize} bytes are there`);
    return this.#decode(bytes, frame);
  }

  /** `length` bytes of content from `offset` on, in one piece; a range beyond the content is a RangeError. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#checkRange(offset, offset + length);
    const result = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const index = this.index.indexAt(offset + done);
      const content = await this.#remembered(index);
      const from = offset + done - this.index.frame(index).contentOffset;
      const piece = content.subarray(from, from + length - done);
      result.set(piece, done);
      done += piece.length;
    }
    return result;
  }

  /** The content from `start` up to but not including `end`, in order, in pieces of at most a frame. */
  async *stream(start = 0, end = this.size, options: ReadOptions = {}): AsyncGenerator<Uint8Array, void, void> {
    this.#checkRange(start, end);
    if (start === end) return;
    const first = this.index.indexAt(start);
    for await (const checked of this.#walk(first, this.index.indexAt(end - 1) + 1, options)) {
      if (checked.fault) throw checked.fault;
      const { contentOffset } = checked.frame;
      const piece = checked.content.subarray(Math.max(0, start - contentOffset), end - contentOffset);
      if (piece.length > 0) yield piece;
    }
  }

  /**
   * Every frame in order, with its content or its fault: a bad frame does not end the walk. The contents in order are
   * the whole content, so a caller can hash them in passing. Errors of the source itself are thrown.
   */
  check(options: ReadOptions = {}): AsyncGenerator<CheckedFrame, void, void> {
    return this.#walk(0, this.index.count, options);
  }

  async *#walk(first: number, end: number, { signal, ahead = 2 }: ReadOptions): AsyncGenerator<CheckedFrame> {
    const pending: Promise<CheckedFrame>[] = [];
    for (let next = first; next < end || pending.length > 0; ) {
      signal?.throwIfAborted();
      while (next < end && pending.length < Math.max(1, ahead)) {
        const checked = this.#check(next++);
        checked.catch(() => {}); // it is awaited below, or the walk ended before its turn came
        pending.push(checked);
      }
      const checked = await pending.shift();
      if (checked !== undefined) yield checked;
    }
  }

  async #check(index: number): Promise<CheckedFrame> {
    try {
      return { frame: this.index.frame(index), content: await this.frame(index) };
    } catch (error) {
      if (error instanceof FrameError) return { frame: this.index.frame(index), fault: error };
      throw error;
    }
  }

  #remembered(index: number): Promise<Uint8Array> {
    if (this.#last?.index === index) return this.#last.content;
    const content = this.frame(index);
    const last = { index, content };
    this.#last = last;
    // A failed read may succeed the next time: only contents are remembered.
    content.catch(() => {
      if (this.#last === last) this.#last = undefined;
    });
    return content;
  }

  #checkRange(start: number, end: number): void {
    if (!(Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end <= this.size))
      throw new RangeError(`bytes ${start} to ${end} of ${this.size}`);
  }
}
