import { Duplex } from 'node:stream';

const headerBytes = 8;
const stdout = 1;
const stderr = 2;
/** What a program complains about is kept for the error, no more of it. */
const maxComplaint = 2000;

/**
 * Standard input and output of a program in a container. What comes is framed (Engine API, "Stream format"): one byte for the
 * stream, three zeros, the length in four bytes, most significant first. What goes is not.
 */
export class ExecStream extends Duplex {
  readonly #socket: Duplex;
  #rest: Buffer = Buffer.alloc(0);
  #stream = 0;
  #left = 0;
  #complaint = '';

  constructor(socket: Duplex, head: Buffer) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
    if (head.length > 0) this.#take(head);
  }

  /** What the program said on its standard error so far. */
  get complaint(): string {
    return this.#complaint;
  }

  #take(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let full = false;
    while (bytes.length > 0) {
      if (this.#left === 0) {
        if (bytes.length < headerBytes) break;
        this.#stream = bytes.readUInt8(0);
        this.#left = bytes.readUInt32BE(4);
        if (this.#stream > stderr || bytes.readUIntBE(1, 3) !== 0) {
          this.destroy(new Error('the container engine sent an unexpected stream'));
          return;
        }
        bytes = bytes.subarray(headerBytes);
        continue;
      }
      const piece = bytes.subarray(0, this.#left);
      this.#left -= piece.length;
      bytes = bytes.subarray(piece.length);
      if (this.#stream === stdout) full = !this.push(Buffer.from(piece)) || full;
      else if (this.#complaint.length < maxComplaint) this.#complaint += piece.toString('utf8');
    }
    this.#rest = Buffer.from(bytes);
    if (full) this.#socket.pause();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // The engine closes the program's standard input with it, by which our program ends.
    this.#socket.destroy();
    done(error);
  }
}
