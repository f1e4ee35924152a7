import { Worker } from 'node:worker_threads';
import { type ErrorShape, fromErrorShape, MemoirError } from '../../../domain/memoir-error.ts';
import type { ConnectOptions } from '../../../libvirt/connection-options.ts';
import type { ReconnectingConnection } from '../../../libvirt/reconnecting-connection.ts';
import { removeVolume, type VolumePlace, volumeAt } from './volume-place.ts';
import type { PumpJob } from './volume-pump-thread.ts';

export interface PumpOptions {
  readonly link: ReconnectingConnection;
  readonly connectOptions: ConnectOptions;
  readonly volume: VolumePlace;
  /** A FIFO whose read end is open. */
  readonly to: string;
  readonly signal: AbortSignal;
}

/**
 * Carries a volume from the hypervisor's host into a FIFO of ours, on a thread and a connection of its own: the guest has
 * been released by then, and no byte of its memory passes the server's event loop. The volume is removed afterwards.
 */
export async function pumpVolume({ link, connectOptions, volume, to, signal }: PumpOptions): Promise<void> {
  try {
    const job: PumpJob = { uri: link.uri, options: plain(connectOptions), volume: await volumeAt(link, volume), to };
    await run(job, signal);
  } finally {
    await removeVolume(link, volume);
  }
}

async function run(job: PumpJob, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  // A descriptor that a socket took over and closed must not be closed once more when the thread ends: it may be someone
  // else's by then.
  const worker = new Worker(new URL('./volume-pump-thread.ts', import.meta.url), {
    workerData: job,
    trackUnmanagedFds: false,
  });
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  worker.once('message', (failure: ErrorShape | null) => {
    if (failure === null) resolve();
    else reject(fromErrorShape(failure));
  });
  worker.once('error', reject);
  worker.once('exit', () =>
    reject(signal.aborted ? signal.reason : new MemoirError('INTERNAL', 'the thread that fetches the dump ended')),
  );
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

/** Options without the functions and signals, which cannot cross to a thread. */
function plain(options: ConnectOptions): PumpJob['options'] {
  const { connectTimeoutMs, runtimeDirectory, homeDirectory, socketDirectory, ssh } = options;
  return {
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    runtimeDirectory,
    homeDirectory,
    socketDirectory,
    ssh,
  };
}
