import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Duplex } from 'node:stream';
import { LibvirtError } from '../error.ts';

/** What is kept of the child's complaints: their end, where the reason is. */
const complaintBytes = 4096;

/**
 * The standard input and output of a child process as one stream. It ends when the child has gone with code 0, and fails
 * with SSH_FAILED and its last words when it goes otherwise; `destroy` ends the child.
 */
export class ChildStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #what: string;
  #complaint = Buffer.alloc(0);

  constructor(child: ChildProcessWithoutNullStreams, what: string) {
    super({ allowHalfOpen: false });
    this.#child = child;
    this.#what = what;
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#complaint = Buffer.concat([this.#complaint, chunk]).subarray(-complaintBytes);
    });
    // A broken pipe is told by the child's end, which follows and knows more.
    child.stdin.on('error', () => undefined);
    // It may fail before anyone listens: the error is kept in `errored` then, and must not be uncaught.
    this.on('error', () => undefined);
    child.on('error', (cause) => this.destroy(this.#failure(`cannot run it: ${cause.message}`, cause)));
    child.on('close', (code, signal) => {
      if (code === 0) this.push(null);
      else
        this.destroy(this.#failure(this.#lastWords() || (signal ? `ended by ${signal}` : `ended with code ${code}`)));
    });
  }

  /** The child's process id, for whoever must see that it goes. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    // An error of stdin means that the child is going, and 'close' says why: the write is over either way.
    this.#child.stdin.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    this.#child.kill();
    done(error);
  }

  #failure(text: string, cause?: unknown): LibvirtError {
    return new LibvirtError('SSH_FAILED', `${this.#what}: ${text}`, cause === undefined ? {} : { cause });
  }

  /** What the child said, as one line of printable text: it may come from the other host. */
  #lastWords(): string {
    const text = this.#complaint.toString('utf8');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
    return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
  }
}
