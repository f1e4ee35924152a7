import { Wake } from '../../async/wake.ts';
import type { ArtifactWriter } from '../../storage/artifact-store.ts';
import { bytesOf, type Codec, type Encoded } from './codec.ts';
import type { FrameTarget } from './frame-assembler.ts';
import type { FrameBuffers } from './frame-buffers.ts';
import type { Spool } from './spool.ts';

/**
 * A frame that waits for its turn: its bytes, the slot of the spool where they lie, or how many zeros it is. A large guest may
 * have millions waiting, so that the usual two are numbers: a slot that is full, or less than nothing for zeros.
 */
type Waiting =
  | number
  | { readonly content: Uint8Array; readonly fixed?: true; readonly place?: Place }
  | { readonly slot: number; readonly length: number };

/** Where a piece stands whose content comes later: known when it is written. */
interface Place {
  offset: number;
  index: number;
}

/** Pieces up to this size are written together, and so many bytes of them at once. */
const smallBytes = 4 * 1024;
const gatherBytes = 64 * 1024;

export interface FrameQueueOptions {
  readonly codec: Codec;
  readonly writer: ArtifactWriter;
  readonly spool: Spool;
  /** Frames that are compressed at once. */
  readonly parallel: number;
  /** Uncompressed bytes that may wait in memory; what comes beyond goes to the spool. */
  readonly waitingBytes: number;
  /** Where frames come from and go back to. */
  readonly buffers: FrameBuffers;
}

/**
 * Frames in the file's order through the codec into the artifact. Taking a frame never waits: several are compressed at
 * once on libuv's threads, written in order, and what neither compressor nor disk can take yet is spooled.
 */
export class FrameQueue implements FrameTarget<Place> {
  readonly #options: FrameQueueOptions;
  readonly #zeroFrame: Buffer;
  readonly #wake = new Wake();
  /** Waiting frames from `#next` on; a moving index, because shifting a long array copies it. */
  #waiting: (Waiting | undefined)[] = [];
  #next = 0;
  #waitingBytes = 0;
  /** Frames being compressed or compressed, in order. */
  readonly #coding: {
    encoded: Promise<Encoded>;
    length: number;
    content: Uint8Array | undefined;
    place?: Place | undefined;
  }[] = [];
  /** What is to be put into places that were kept. */
  readonly #late: { readonly place: Place; readonly content: Uint8Array }[] = [];
  #pieces = 0;
  #ended = false;
  #imageBytes = 0;
  #failure: { readonly error: unknown } | undefined;
  readonly #done: Promise<void>;
  /** Small pieces that are coded and not written yet. */
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;

  constructor(options: FrameQueueOptions) {
    this.#options = options;
    this.#zeroFrame = Buffer.alloc(options.buffers.frameBytes);
    this.#done = this.#run().catch((error: unknown) => {
      this.#failure = { error };
    });
  }

  /** Bytes of the image that are in the artifact. */
  get imageBytes(): number {
    return this.#imageBytes;
  }

  /** Takes a frame; the bytes belong to the queue until they are recycled. Throws what writing failed with. */
  push(content: Uint8Array): void {
    // A source that does not know of zero pages sends them as data; comparing costs a tenth of a millisecond.
    if (Buffer.compare(content, this.#zeroFrame.subarray(0, content.length)) === 0) {
      this.#options.buffers.giveBack(content);
      this.pushZeros(content.length);
      return;
    }
    this.#check();
    if (this.#waitingBytes + content.length <= this.#options.waitingBytes) {
      this.#waitingBytes += content.length;
      this.#waiting.push({ content });
    } else {
      const { spool, buffers } = this.#options;
      const slot = spool.take();
      spool.write(slot, 0, [content]);
      this.#waiting.push(content.length === spool.slotBytes ? slot : { slot, length: content.length });
      buffers.giveBack(content);
    }
    this.#fill();
  }

  /** Takes a piece whose place in the file must not depend on its content, because that will be replaced. */
  pushFixed(content: Uint8Array): void {
    this.#check();
    this.#waitingBytes += content.length;
    this.#waiting.push({ content, fixed: true });
    this.#fill();
  }

  pushZeros(length: number): void {
    this.#check();
    const { frameBytes } = this.#options.buffers;
    for (let left = length; left > 0; left -= frameBytes) this.#waiting.push(-Math.min(left, frameBytes));
    this.#fill();
  }

  /** Keeps the place of a piece whose content is told before the end. */
  pushLate(length: number): Place {
    this.#check();
    const place: Place = { offset: -1, index: -1 };
    this.#waitingBytes += length;
    this.#waiting.push({ content: new Uint8Array(length), fixed: true, place });
    this.#fill();
    return place;
  }

  settle(place: Place, content: Uint8Array): void {
    this.#late.push({ place, content });
  }

  /** Resolves when everything that was pushed is written. */
  async finish(): Promise<void> {
    this.#ended = true;
    this.#wake.knock();
    await this.#done;
    this.#check();
    const { codec, writer } = this.#options;
    for (const { place, content } of this.#late) {
      const encoded = await codec.fixed(content);
      await writer.patch(place.offset, bytesOf(encoded));
      codec.replace(place.index, encoded);
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Starts compressing as many as may be at once. */
  #fill(): void {
    const { codec, spool, parallel } = this.#options;
    while (this.#coding.length < parallel && this.#next < this.#waiting.length) {
      const frame = this.#waiting[this.#next] as Waiting;
      this.#waiting[this.#next++] = undefined;
      if (this.#next > 4096) {
        this.#waiting = this.#waiting.slice(this.#next);
        this.#next = 0;
      }
      if (typeof frame === 'number' && frame < 0) {
        this.#coding.push({ encoded: codec.zeros(-frame), length: -frame, content: undefined });
        continue;
      }
      let content: Uint8Array;
      if (typeof frame === 'object' && 'content' in frame) {
        content = frame.content;
        this.#waitingBytes -= content.length;
      } else {
        const { slot, length } = typeof frame === 'number' ? { slot: frame, length: spool.slotBytes } : frame;
        content = this.#options.buffers.take().subarray(0, length);
        spool.read(slot, content);
        spool.free(slot);
      }
      const kept = typeof frame === 'object' && 'content' in frame ? frame : undefined;
      const encoded = kept?.fixed ? codec.fixed(content) : codec.encode(content);
      // Awaited in its turn; without this a failure before that turn would count as unhandled.
      encoded.catch(() => undefined);
      this.#coding.push({
        encoded,
        length: content.length,
        content,
        place: kept?.place,
      });
    }
    this.#wake.knock();
  }

  async #run(): Promise<void> {
    for (;;) {
      const first = this.#coding[0];
      if (first === undefined) {
        if (this.#ended) return this.#flush();
        await this.#wake.wait();
        continue;
      }
      const encoded = await first.encoded;
      if (first.place !== undefined) {
        await this.#flush();
        first.place.offset = this.#options.writer.writtenBytes;
        first.place.index = this.#pieces;
      }
      await this.#write(encoded);
      this.#pieces += 1;
      this.#coding.shift();
      if (first.content !== undefined) this.#options.buffers.giveBack(first.content);
      this.#imageBytes += first.length;
      this.#fill();
    }
  }

  async #write(encoded: Encoded): Promise<void> {
    const { codec, writer } = this.#options;
    for (const piece of 'frame' in encoded ? [encoded.frame.bytes] : encoded.pieces) {
      if (typeof piece !== 'number' && piece.length <= smallBytes) {
        // A copy: the frame is given back before these are written.
        this.#gathered.push(new Uint8Array(piece));
        this.#gatheredBytes += piece.length;
        if (this.#gatheredBytes >= gatherBytes) await this.#flush();
        continue;
      }
      await this.#flush();
      if (typeof piece === 'number') await writer.skip(piece);
      else await writer.write(piece);
    }
    codec.append(encoded);
    if ('frame' in encoded) encoded.frame.giveBack?.();
  }

  /** Most frames of a guest are zeros and take a few bytes each: a call for every one of them would cost more than they do. */
  async #flush(): Promise<void> {
    if (this.#gatheredBytes === 0) return;
    const bytes = Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await this.#options.writer.write(bytes);
  }
}
