import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Wake } from '../../../async/wake.ts';
import { MemoirError } from '../../../domain/memoir-error.ts';
import type { MemorySink, MemorySource, MemoryTail } from '../../memory-source.ts';
import { sourceType } from '../../source-type.ts';
import { toFailure } from '../failure.ts';
import type { DrainJob } from './drain-process.ts';
import { SnapshotReader } from './snapshot-reader.ts';
import type { SnapshotSourceOptions } from './snapshot-source.ts';

/** What a plan carries for a guest whose QEMU must never lose its reader. */
export type DrainedSnapshotOptions = SnapshotSourceOptions & { readonly spool: string; readonly spoolBytes: number };

export const drainedSnapshot = sourceType<DrainedSnapshotOptions>(import.meta.url);

const chunkBytes = 1024 * 1024;

/**
 * For QEMU before 8.1: the stream goes into a spool whose room is reserved first, by a detached process that reads to the
 * end whatever becomes of us; here it is read from the spool as it grows.
 */
export async function openSource(settings: DrainedSnapshotOptions): Promise<MemorySource> {
  const spool = await reserve(settings);
  try {
    const job: DrainJob = { sockets: settings, spoolBytes: settings.spoolBytes };
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('./drain-process.ts', import.meta.url)), JSON.stringify(job)],
      {
        // A session of its own: no signal of a terminal or of our process group reaches it.
        detached: true,
        stdio: ['pipe', 'pipe', 'ignore', spool.fd],
      },
    );
    child.unref();
    const source = new DrainedSnapshotSource(settings, spool, child);
    await source.ready;
    return source;
  } catch (error) {
    await spool.close();
    throw error;
  }
}

/**
 * An empty file whose blocks are there already: a full disk in the middle would cost the image. It has lost its name before it
 * is as large as the guest, so that nothing of it is left whoever dies.
 */
async function reserve({ spool, spoolBytes }: DrainedSnapshotOptions): Promise<FileHandle> {
  await mkdir(dirname(spool), { recursive: true, mode: 0o700 });
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const handle = await open(spool, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await unlink(spool);
    const args = ['--length', String(spoolBytes), '--', '/dev/fd/3'];
    const child = spawn('fallocate', args, { stdio: ['ignore', 'ignore', 'ignore', handle.fd] });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`fallocate ended with ${code}`);
    return handle;
  } catch (cause) {
    await handle.close();
    throw new MemoirError('NO_SPACE', `${spoolBytes} bytes cannot be reserved for the snapshot’s stream`, { cause });
  }
}

class DrainedSnapshotSource implements MemorySource {
  readonly ready: Promise<void>;
  readonly #options: DrainedSnapshotOptions;
  readonly #spool: FileHandle;
  readonly #child: ChildProcess;
  readonly #wake = new Wake();
  #available = 0;
  #ended = false;
  #lost: string | undefined;
  #closed: MemoirError | undefined;

  constructor(options: DrainedSnapshotOptions, spool: FileHandle, child: ChildProcess) {
    this.#options = options;
    this.#spool = spool;
    this.#child = child;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    child.stdin?.on('error', () => undefined);
    createInterface(child.stdout as NonNullable<ChildProcess['stdout']>).on('line', (line) => {
      if (line === 'ready') resolve();
      else this.#take(line);
    });
    const gone = (): void => {
      const failure = 'the process that drains the snapshot ended by itself';
      reject(new MemoirError('CAPTURE_FAILED', failure));
      if (!this.#ended) this.#lost ??= failure;
      this.#wake.knock();
    };
    child.on('error', gone);
    child.on('exit', gone);
  }

  async read(sink: MemorySink, signal: AbortSignal): Promise<MemoryTail> {
    const onAbort = (): void => this.#end(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const reader = new SnapshotReader(this.#options, sink);
    const chunk = Buffer.alloc(chunkBytes);
    try {
      for (let at = 0; ; ) {
        if (this.#closed !== undefined) throw this.#closed;
        if (this.#lost !== undefined) throw new MemoirError('CAPTURE_FAILED', `the snapshot was lost: ${this.#lost}`);
        if (at < this.#available) {
          const { bytesRead } = await this.#spool.read(chunk, 0, Math.min(chunkBytes, this.#available - at), at);
          if (bytesRead === 0)
            throw new MemoirError('STORAGE_FAILED', 'the spool is shorter than what was written to it');
          reader.push(chunk.subarray(0, bytesRead));
          at += bytesRead;
        } else if (this.#ended) return reader.end();
        else await this.#wake.wait();
      }
    } catch (error) {
      throw toFailure(error, 'the snapshot’s stream');
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The process goes on by itself until QEMU is done, and throws away what comes. */
  async close(): Promise<void> {
    this.#end(new MemoirError('CAPTURE_FAILED', 'the source was closed before its end'));
    await this.#spool.close().catch(() => undefined);
  }

  #end(reason: MemoirError): void {
    this.#closed ??= reason;
    this.#child.stdin?.end('discard\n');
    this.#wake.knock();
  }

  #take(line: string): void {
    const [word, rest = ''] = line.split(/ (.*)/s);
    if (word === 'at' || word === 'end') this.#available = Number(rest);
    if (word === 'end') this.#ended = true;
    if (word === 'lost') this.#lost = rest;
    this.#wake.knock();
  }
}
