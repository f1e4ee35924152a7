import { availableParallelism } from 'node:os';
import { parseVmcoreinfo } from '../../formats/elf/vmcoreinfo.ts';
import { VmcoreinfoSearch } from '../../formats/elf/vmcoreinfo-search.ts';
import type { MemoryLayout, MemorySink, MemoryTail } from '../../machines/memory-source.ts';
import type { ArtifactWriter } from '../../storage/artifact-store.ts';
import type { ImageFormat } from '../dump-request.ts';
import type { ImageFacts } from '../manifest.ts';
import { bytesOf, type Codec } from './codec.ts';
import { FrameAssembler } from './frame-assembler.ts';
import { FrameBuffers } from './frame-buffers.ts';
import { FrameQueue } from './frame-queue.ts';
import { type Image, planImage } from './image.ts';
import type { CaptureProgress } from './messages.ts';
import type { Spool } from './spool.ts';

/** Uncompressed size of a frame: what random access reads at least. */
export const frameBytes = 512 * 1024;
/** Frames that are compressed at once, on libuv's threads: one per core, within the memory that a dump may take. */
export function parallelFrames(cores: number): number {
  return Math.min(16, Math.max(2, cores));
}
/** What may wait in memory, for one dump; the rest goes to the spool. Two dumps have to stay below 300 MB together. */
const waitingBytes = 16 * 1024 * 1024;
const earlyBytes = 12 * 1024 * 1024;
/** Frames that may be passed over: what the few pages cost that a snapshot brings last, in memory and in the artifact. */
const lateFrames = 16;

export interface DumpSinkOptions {
  readonly format: ImageFormat;
  readonly codec: Codec;
  readonly writer: ArtifactWriter;
  /** Closed with the sink. */
  readonly spool: Spool;
}

/** Takes a source's pages and makes the artifact's bytes of them: image, frames, compression, in bounded memory. */
export class DumpSink implements MemorySink {
  readonly #options: DumpSinkOptions;
  readonly #buffers = new FrameBuffers(frameBytes);
  readonly #queue: FrameQueue;
  readonly #search = new VmcoreinfoSearch();
  #layout: MemoryLayout | undefined;
  #image: Image | undefined;
  #assembler: FrameAssembler | undefined;
  #receivedBytes = 0;

  constructor(options: DumpSinkOptions) {
    const { codec, writer, spool } = options;
    this.#options = options;
    this.#queue = new FrameQueue({
      codec,
      writer,
      spool,
      parallel: parallelFrames(availableParallelism()),
      waitingBytes,
      buffers: this.#buffers,
    });
  }

  /** How far it is, at the moment of the asking. */
  get progress(): Omit<CaptureProgress, 'digestedBytes'> {
    return {
      receivedBytes: this.#receivedBytes,
      doneBytes: this.#queue.imageBytes,
      totalBytes: this.#image?.totalBytes ?? null,
      writtenBytes: this.#options.writer.writtenBytes,
      spooledBytes: this.#options.spool.size,
    };
  }

  layout(layout: MemoryLayout): void {
    if (this.#layout !== undefined) throw new TypeError('a source tells its layout once');
    this.#layout = layout;
    this.#image = planImage(this.#options.format, layout);
    const { headerBytes, gapsBefore } = this.#image;
    // The header's place: its content is known last, its size now.
    if (headerBytes > 0) this.#queue.pushFixed(new Uint8Array(headerBytes));
    this.#assembler = new FrameAssembler({
      ranges: layout.ranges,
      gapsBefore,
      buffers: this.#buffers,
      lateFrames,
      spool: this.#options.spool,
      earlyBytes,
      target: this.#queue,
    });
  }

  data(offset: number, bytes: Uint8Array): void {
    this.#search.look(bytes);
    this.#assembler?.data(offset, bytes);
  }

  zero(offset: number, length: number): void {
    this.#assembler?.zero(offset, length);
  }

  received(bytes: number): void {
    this.#receivedBytes = bytes;
  }

  /** Completes the artifact's bytes; resolves with what is known of the image. */
  async finish(tail: MemoryTail): Promise<ImageFacts> {
    const { codec, writer } = this.#options;
    if (this.#layout === undefined || this.#image === undefined)
      throw new TypeError('the source never told its layout');
    this.#assembler?.finish();
    await this.#queue.finish();
    if (this.#image.headerBytes > 0) {
      const info =
        tail.vmcoreinfo === null
          ? this.#search.choose(tail.kernelAddress ?? undefined)
          : parseVmcoreinfo(tail.vmcoreinfo);
      const header = await codec.fixed(this.#image.header(tail, info));
      codec.replace(0, header);
      await writer.patch(0, bytesOf(header));
    }
    const trailer = codec.trailer();
    if (trailer.length > 0) await writer.write(trailer);
    return {
      architecture: this.#layout.architecture,
      memoryRanges: this.#layout.ranges.map(({ start, end }) => ({ start: hex(start), end: hex(end) })),
      cpuCount: this.#layout.cpuCount,
      rawSizeBytes: this.#image.totalBytes,
      warnings: tail.warnings,
    };
  }

  async close(): Promise<void> {
    this.#options.codec.close();
    await this.#options.spool.close();
  }
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
