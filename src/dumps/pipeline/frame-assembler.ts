import { MemoirError } from '../../domain/memoir-error.ts';
import { type MemoryRange, pageBytes } from '../../machines/memory-source.ts';
import type { EarlyPages } from './early-pages.ts';

/** Where whole frames go, in ascending order. */
export interface FrameSink {
  /** Frames of this range follow. */
  range(index: number): void;
  frame(content: Uint8Array): void;
  zeros(length: number): void;
}

interface RangePages {
  readonly firstPage: number;
  readonly firstFrame: number;
  readonly pages: number;
}

interface Options {
  readonly ranges: readonly MemoryRange[];
  readonly frameBytes: number;
  readonly early: EarlyPages;
  readonly sink: FrameSink;
  /** A buffer of `frameBytes` zeros. */
  allocate(): Uint8Array;
}

/** Frames that are open at once: pages within this distance are put in place, others wait as early pages. */
const openFrames = 8;

/**
 * Puts pages that arrive in any order into frames, and hands the frames out in order. A frame never spans two ranges of
 * memory. Every page has to arrive exactly once; a bit for each says which have. All of it takes a few frames of memory, the
 * early pages' share, and three bytes per 96 KiB of the guest.
 */
export class FrameAssembler {
  readonly #options: Options;
  readonly #pagesPerFrame: number;
  /** First page, first frame and number of pages of each range. */
  readonly #rangePages: RangePages[] = [];
  readonly #totalPages: number;
  readonly #totalFrames: number;
  readonly #arrived: Uint8Array;
  /** Pages that are missing, per frame. */
  readonly #missing: Uint16Array;
  /** The lowest frame that is not whole. */
  #base = 0;
  readonly #open = new Map<number, Uint8Array>();

  constructor(options: Options) {
    this.#options = options;
    this.#pagesPerFrame = options.frameBytes / pageBytes;
    let page = 0;
    let frame = 0;
    for (const { start, end } of options.ranges) {
      const pages = Number((end - start) / BigInt(pageBytes));
      this.#rangePages.push({ firstPage: page, firstFrame: frame, pages });
      page += pages;
      frame += Math.ceil(pages / this.#pagesPerFrame);
    }
    this.#totalPages = page;
    this.#totalFrames = frame;
    this.#arrived = new Uint8Array(Math.ceil(page / 8));
    this.#missing = new Uint16Array(frame);
    for (let index = 0; index < frame; index += 1) this.#missing[index] = this.#frame(index).pages;
  }

  data(offset: number, bytes: Uint8Array): void {
    this.#each(offset, bytes.length, (frame, page, count, at) => {
      const content = bytes.subarray(at, at + count * pageBytes);
      if (frame < this.#base + openFrames) {
        this.#buffer(frame).set(content, (page - this.#frame(frame).firstPage) * pageBytes);
        return;
      }
      for (let index = 0; index < count; index += 1) {
        this.#options.early.put(page + index, content.subarray(index * pageBytes, (index + 1) * pageBytes));
      }
    });
  }

  zero(offset: number, length: number): void {
    this.#each(offset, length, () => undefined);
  }

  /** To be called after the last page: throws if one is missing. */
  finish(): void {
    if (this.#base === this.#totalFrames) return;
    const missing = this.#missing.reduce((sum, count) => sum + count, 0);
    throw new MemoirError('CAPTURE_FAILED', `${missing} of ${this.#totalPages} pages of memory did not arrive`);
  }

  /** Splits a stretch at frame boundaries, and counts its pages as arrived after `place` has dealt with them. */
  #each(offset: number, length: number, place: (frame: number, page: number, count: number, at: number) => void): void {
    if (
      offset % pageBytes !== 0 ||
      length % pageBytes !== 0 ||
      offset < 0 ||
      (offset + length) / pageBytes > this.#totalPages
    ) {
      throw new MemoirError(
        'STREAM_INVALID',
        `memory at ${offset}, ${length} bytes, is not within the machine’s memory`,
      );
    }
    let page = offset / pageBytes;
    const end = page + length / pageBytes;
    for (let at = 0; page < end; ) {
      const frame = this.#frameOf(page);
      const { firstPage, pages } = this.#frame(frame);
      const count = Math.min(end, firstPage + pages) - page;
      this.#mark(page, count);
      place(frame, page, count, at);
      this.#missing[frame] = (this.#missing[frame] as number) - count;
      if (frame === this.#base) this.#advance();
      page += count;
      at += count * pageBytes;
    }
  }

  #mark(page: number, count: number): void {
    for (let index = page; index < page + count; index += 1) {
      const byte = this.#arrived[index >> 3] as number;
      const bit = 1 << (index & 7);
      if (byte & bit)
        throw new MemoirError('STREAM_INVALID', `the page at ${index * pageBytes} of the memory arrived twice`);
      this.#arrived[index >> 3] = byte | bit;
    }
  }

  /** Hands out the frames that are whole, and lets the early pages of those that come into reach take their places. */
  #advance(): void {
    while (this.#base < this.#totalFrames && this.#missing[this.#base] === 0) {
      const { pages, range, isFirst } = this.#frame(this.#base);
      if (isFirst) this.#options.sink.range(range);
      const content = this.#open.get(this.#base);
      this.#open.delete(this.#base);
      if (content === undefined) this.#options.sink.zeros(pages * pageBytes);
      else this.#options.sink.frame(content.subarray(0, pages * pageBytes));
      this.#base += 1;
      const reached = this.#base + openFrames - 1;
      if (reached < this.#totalFrames && !this.#options.early.isEmpty) this.#settle(reached);
    }
  }

  #settle(frame: number): void {
    const { firstPage, pages } = this.#frame(frame);
    const page = new Uint8Array(pageBytes);
    for (let index = firstPage; index < firstPage + pages; index += 1) {
      if (!((this.#arrived[index >> 3] as number) & (1 << (index & 7)))) continue;
      if (this.#options.early.take(index, page)) this.#buffer(frame).set(page, (index - firstPage) * pageBytes);
    }
  }

  #buffer(frame: number): Uint8Array {
    let buffer = this.#open.get(frame);
    if (buffer === undefined) {
      buffer = this.#options.allocate();
      this.#open.set(frame, buffer);
    }
    return buffer;
  }

  #frameOf(page: number): number {
    const range = this.#rangePages.findLast(({ firstPage }) => firstPage <= page) as RangePages;
    return range.firstFrame + Math.floor((page - range.firstPage) / this.#pagesPerFrame);
  }

  #frame(frame: number): { firstPage: number; pages: number; range: number; isFirst: boolean } {
    const range = this.#rangePages.findLastIndex(({ firstFrame, pages }) => firstFrame <= frame && pages > 0);
    const { firstFrame, firstPage, pages } = this.#rangePages[range] as RangePages;
    const before = (frame - firstFrame) * this.#pagesPerFrame;
    return {
      firstPage: firstPage + before,
      pages: Math.min(this.#pagesPerFrame, pages - before),
      range,
      isFirst: before === 0,
    };
  }
}
