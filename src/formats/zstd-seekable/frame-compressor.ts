import { constants, createZstdCompress, type ZstdCompress } from 'node:zlib';
import type { EncodedFrame } from '../frames/encoded-frame.ts';
import { compressedBound, FRAME_CONTENT_MAX, frameChecksum } from './frame-format.ts';

const framesInBuffer = 4;

/**
 * Compresses one piece of content after the other, each into a frame of its own that says its content's size and ends with
 * its checksum, on libuv's threads. One context of libzstd serves all of them: making one costs more than it seems, because
 * its megabyte of tables is fresh memory each time.
 */
export class FrameCompressor {
  readonly #stream: ZstdCompress;
  #pieces: Uint8Array[] = [];
  #closed = false;

  /** `level` as in the zstd command, 1 to 22; `usualSize` is what most contents have. */
  constructor(level: number, usualSize: number) {
    this.#stream = createZstdCompress({
      // Room for several frames: zlib takes a new buffer when one is full, and a frame that lies across two costs a copy.
      chunkSize: framesInBuffer * compressedBound(usualSize),
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
    const [only, ...others] = this.#pieces;
    const bytes = only !== undefined && others.length === 0 ? only : Buffer.concat(this.#pieces);
    this.#pieces = [];
    return { bytes, contentSize: content.length, checksum: frameChecksum(bytes) };
  }

  /** Gives its memory back. */
  close(): void {
    this.#closed = true;
    this.#stream.destroy();
  }
}
