import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { MemoirError } from '../../../domain/memoir-error.ts';
import { messageOf } from '../../../domain/thrown.ts';
import type { PrivatePlace } from '../meeting-place.ts';

const run = promisify(execFile);

/**
 * A FIFO whose read end is open. Node has no mkfifo, so coreutils makes it. It is opened without blocking: a blocking open
 * holds one of the four threads that all file I/O of the process shares until someone writes, and a writer that finds no
 * reader holds up libvirtd with the guest paused (`virsh list` too).
 */
export class Fifo {
  readonly reading: Socket;
  readonly #folder: string;

  private constructor(reading: Socket, folder: string) {
    this.reading = reading;
    this.#folder = folder;
  }

  static async open({ folder, path }: PrivatePlace): Promise<Fifo> {
    try {
      await mkdir(folder, { mode: 0o700 });
      await run('mkfifo', ['-m', '0600', '--', path]);
      const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
      return new Fifo(new Socket({ fd: descriptor, readable: true, writable: false }), folder);
    } catch (cause) {
      await rm(folder, { recursive: true, force: true });
      throw new MemoirError('CAPTURE_FAILED', `no FIFO can be made at ${path}: ${messageOf(cause)}`, { cause });
    }
  }

  /** Closes the read end, which is what ends a dump under way: QEMU gets EPIPE and the guest runs again. */
  async close(): Promise<void> {
    this.reading.destroy();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Removes a FIFO that a dead server left, and lets go whoever is stuck opening it for writing. */
export async function removeFifo({ folder, path }: PrivatePlace): Promise<void> {
  let descriptor: number | undefined;
  try {
    // Open for both, it never blocks, and it is the reader that a blocked writer waits for; closing it ends that writer.
    descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch {
    // Gone already.
  }
  // The name goes first: a writer that came between would wait for a reader that never comes. One that comes a moment later
  // makes a file of that name (libvirtd opens with O_CREAT), and the folder is not empty after all: once more, then.
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  if (descriptor !== undefined) closeSync(descriptor);
}
