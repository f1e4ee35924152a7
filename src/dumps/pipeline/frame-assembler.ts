import { MemoirError } from '../../domain/memoir-error.ts';
import { type MemoryRange, pageBytes } from '../../machines/memory-source.ts';
import { EarlyPages, type SlotStore } from './early-pages.ts';
import type { FrameBuffers } from './frame-buffers.ts';

/** Where whole frames go, in ascending order. `Place` is where a frame stands whose content comes later. */
export interface FrameTarget<Place = unknown> {
  /** Takes over the bytes. */
  push(content: Uint8Array): void;
  pushZeros(length: number): void;
  /** A frame whose content is not known yet: keeps its place. */
  pushLate(length: number): Place;
  /** What belongs to a place that was kept. */
  settle(place: Place, content: Uint8Array): void;
}

interface RangePages {
  readonly firstPage: number;
  readonly firstFrame: number;
  readonly pages: number;
}

interface FramePages {
  readonly frame: number;
  readonly firstPage: number;
  readonly pages: number;
  readonly range: number;
  readonly isFirst: boolean;
}

interface Options<Place> {
  readonly ranges: readonly MemoryRange[];
  /** Zeros in the file before each of them. */
  readonly gapsBefore: readonly number[];
  readonly buffers: FrameBuffers;
  /** Where pages wait that come before their turn, and how many bytes of them in memory. */
  readonly spool: SlotStore;
  readonly earlyBytes: number;
  /** How many frames may be passed over and filled in later; each takes its whole size in the artifact. */
  readonly lateFrames: number;
  readonly target: FrameTarget<Place>;
}

/** Frames that are open at once: pages within this distance are put in place, others wait as early pages. */
const openFrames = 8;

/**
 * Puts pages that arrive in any order into frames, and hands the frames out in order. A frame never spans two ranges of
 * memory. A snapshot leaves out a few pages and brings them at its very end: so that everything behind them need not wait
 * until then, the frame that lacks them is passed over, and filled in later. Every page has to arrive exactly once; a bit for
 * each says which have. All of it takes a few frames of memory, the early pages' share, and 22 bytes per 512 KiB of the guest.
 */
export class FrameAssembler<Place = unknown> {
  readonly #options: Options<Place>;
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
  readonly #early: EarlyPages;
  readonly #open = new Map<number, Uint8Array>();
  /** Frames below the base that are not whole. */
  readonly #late = new Map<number, { readonly place: Place; readonly content: Uint8Array }>();
  #passedOver = 0;
  /** The frame that was asked for last: page after page asks for the same one. */
  #asked: FramePages = { frame: -1, firstPage: 0, pages: 0, range: 0, isFirst: false };
  /** Pages that were kept since the base moved, and lie within the next frames behind those that are open. */
  #pagesAhead = 0;

  constructor(options: Options<Place>) {
    this.#options = options;
    this.#pagesPerFrame = options.buffers.frameBytes / pageBytes;
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
    this.#early = new EarlyPages(options.spool, frame, options.earlyBytes);
    this.#arrived = new Uint8Array(Math.ceil(page / 8));
    this.#missing = new Uint16Array(frame);
    for (let index = 0; index < frame; index += 1) this.#missing[index] = this.#frame(index).pages;
  }

  data(offset: number, bytes: Uint8Array): void {
    this.#each(offset, bytes.length, (frame, page, count, at) => {
      const content = bytes.subarray(at, at + count * pageBytes);
      const inFrame = (page - this.#frame(frame).firstPage) * pageBytes;
      if (frame < this.#base) this.#late.get(frame)?.content.set(content, inFrame);
      else if (frame < this.#base + openFrames) this.#buffer(frame).set(content, inFrame);
      else this.#keep(frame, inFrame, count, content);
    });
  }

  zero(offset: number, length: number): void {
    this.#each(offset, length, () => undefined);
  }

  /** To be called after the last page: throws if one is missing. */
  finish(): void {
    if (this.#base === this.#totalFrames && this.#late.size === 0) return;
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
      this.#missing[frame] = (this.#missing[frame] ?? 0) - count;
      if (frame === this.#base) this.#advance();
      else if (frame < this.#base && this.#missing[frame] === 0) this.#settleLate(frame);
      page += count;
      at += count * pageBytes;
    }
  }

  #mark(page: number, count: number): void {
    for (let index = page; index < page + count; index += 1) {
      const byte = this.#arrived[index >> 3] ?? 0;
      const bit = 1 << (index & 7);
      if (byte & bit)
        throw new MemoirError('STREAM_INVALID', `the page at ${index * pageBytes} of the memory arrived twice`);
      this.#arrived[index >> 3] = byte | bit;
    }
  }

  /**
   * Keeps pages whose frame is out of reach. QEMU goes through memory in order, but goes on from wherever the guest last
   * wrote: pages far ahead are kept, because what lies between will come. When it goes on just ahead of the base instead,
   * what the base lacks was left out, and comes last: then the base is passed over.
   */
  #keep(frame: number, inFrame: number, count: number, content: Uint8Array): void {
    const { lateFrames } = this.#options;
    this.#early.put(frame, inFrame, content);
    if (frame >= this.#base + 2 * openFrames) return;
    this.#pagesAhead += count;
    if (this.#pagesAhead >= this.#pagesPerFrame / 2 && this.#passedOver < lateFrames) this.#passOver();
  }

  /** Hands out the frames that are whole. */
  #advance(): void {
    while (this.#base < this.#totalFrames && this.#missing[this.#base] === 0) {
      const { pages } = this.#begin();
      const content = this.#open.get(this.#base);
      if (content === undefined) this.#options.target.pushZeros(pages * pageBytes);
      else this.#options.target.push(content.subarray(0, pages * pageBytes));
      this.#next();
    }
  }

  #passOver(): void {
    const { pages } = this.#begin();
    const content = this.#buffer(this.#base).subarray(0, pages * pageBytes);
    this.#late.set(this.#base, { place: this.#options.target.pushLate(pages * pageBytes), content });
    this.#passedOver += 1;
    this.#next();
    this.#advance();
  }

  #settleLate(frame: number): void {
    const late = this.#late.get(frame);
    if (late === undefined) return;
    this.#late.delete(frame);
    this.#options.target.settle(late.place, late.content);
  }

  /** The frame at the base is about to be handed out. */
  #begin(): { pages: number } {
    const { pages, range, isFirst } = this.#frame(this.#base);
    if (isFirst) this.#options.target.pushZeros(this.#options.gapsBefore[range] ?? 0);
    return { pages };
  }

  /** The base moves on, and the early pages of the frame that comes into reach take their places. */
  #next(): void {
    this.#open.delete(this.#base);
    this.#base += 1;
    this.#pagesAhead = 0;
    const reached = this.#base + openFrames - 1;
    if (reached < this.#totalFrames && this.#early.has(reached)) this.#early.take(reached, this.#buffer(reached));
  }

  #buffer(frame: number): Uint8Array {
    let buffer = this.#open.get(frame);
    if (buffer === undefined) {
      buffer = this.#options.buffers.take();
      this.#open.set(frame, buffer);
    }
    return buffer;
  }

  #frameOf(page: number): number {
    const { firstPage, pages, frame } = this.#asked;
    if (page >= firstPage && page < firstPage + pages) return frame;
    const range = this.#rangePages.findLast((each) => each.firstPage <= page) as RangePages;
    return range.firstFrame + Math.floor((page - range.firstPage) / this.#pagesPerFrame);
  }

  #frame(frame: number): FramePages {
    if (frame === this.#asked.frame) return this.#asked;
    const range = this.#rangePages.findLastIndex(({ firstFrame, pages }) => firstFrame <= frame && pages > 0);
    const { firstFrame, firstPage, pages } = this.#rangePages[range] as RangePages;
    const before = (frame - firstFrame) * this.#pagesPerFrame;
    this.#asked = {
      frame,
      firstPage: firstPage + before,
      pages: Math.min(this.#pagesPerFrame, pages - before),
      range,
      isFirst: before === 0,
    };
    return this.#asked;
  }
}
