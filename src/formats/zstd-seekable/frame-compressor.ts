import { constants, createZstdCompress, type ZstdCompress } from 'node:zlib';
import type { EncodedFrame } from '../frames/encoded-frame.ts';
import { compressedBound, FRAME_CONTENT_MAX, frameChecksum } from './frame-format.ts';

const framesInBuffer = 4;

/** Memory that holds several frames: free when the stream goes on elsewhere and all of them were given back. */
class OutputBuffer {
  readonly memory: ArrayBufferLike;
  readonly #isOwn: boolean;
  #lent = 0;
  #left = false;

  /** A short one is part of memory that Node shares among many, whose length is another. */
  constructor(memory: ArrayBufferLike, length: number) {
    this.memory = memory;
    this.#isOwn = memory.byteLength === length;
  }

  /** What gives a frame back. */
  lend(): () => void {
    this.#lent += 1;
    return () => {
      this.#lent -= 1;
      this.#free();
    };
  }

  /** The stream writes to another one now. */
  leave(): void {
    this.#left = true;
    this.#free();
  }

  #free(): void {
    if (!this.#left || this.#lent > 0 || !this.#isOwn) return;
    if (this.memory instanceof ArrayBuffer) this.memory.transfer(0);
  }
}

/**
 * Compresses one piece of content after the other, each into a frame of its own that says its content's size and ends with
 * its checksum, on libuv's threads. One context of libzstd serves all of them: making one costs more than it seems, because
 * its megabyte of tables is fresh memory each time.
 */
export class FrameCompressor {
  readonly #stream: ZstdCompress;
  readonly #chunkSize: number;
  #pieces: Uint8Array[] = [];
  /** The buffer that the stream writes to. */
  #current: OutputBuffer | undefined;
  #closed = false;

  /** `level` as in the zstd command, 1 to 22; `usualSize` is what most contents have. */
  constructor(level: number, usualSize: number) {
    // Room for several frames: zlib takes a new buffer when one is full, and a frame that lies across two costs a copy.
    this.#chunkSize = framesInBuffer * compressedBound(usualSize);
    this.#stream = createZstdCompress({
      chunkSize: this.#chunkSize,
      // Each write is a frame, and being told its end at its beginning, libzstd writes its size.
      flush: constants.ZSTD_e_end,
      params: {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_contentSizeFlag]: 1,
        [constants.ZSTD_c_checksumFlag]: 1,
      },
    });
    this.#stream.on('data', (piece: Uint8Array) => this.#pieces.push(piece));
    // What goes wrong is told to the write that it happened in.
    this.#stream.on('error', () => undefined);
  }

  /** One at a time; `content` must not change until the promise resolves. */
  async compress(content: Uint8Array): Promise<EncodedFrame> {
    if (content.length > FRAME_CONTENT_MAX) throw new RangeError(`a frame holds at most ${FRAME_CONTENT_MAX} bytes`);
    if (this.#closed) throw new TypeError('the compressor is closed');
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(content, (error) => (error ? reject(error) : resolve()));
    });
    // As a rule everything was handed over by now; what a stream may hold back belongs to this frame.
    while (this.#stream.readableLength > 0) this.#stream.read();
    const pieces = this.#pieces;
    this.#pieces = [];
    const bytes = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
    const frame = { bytes, contentSize: content.length, checksum: frameChecksum(bytes) };
    const buffer = this.#bufferOf(pieces.at(-1) as Uint8Array);
    return pieces.length === 1 ? { ...frame, giveBack: buffer.lend() } : frame;
  }

  /** The buffer that a piece lies in, which is the one that the stream writes to. */
  #bufferOf({ buffer }: Uint8Array): OutputBuffer {
    if (this.#current?.memory !== buffer) {
      this.#current?.leave();
      this.#current = new OutputBuffer(buffer, this.#chunkSize);
    }
    return this.#current;
  }

  /** Gives its memory back. */
  close(): void {
    this.#closed = true;
    this.#stream.destroy();
  }
}
