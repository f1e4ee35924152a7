import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { Json } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { MemorySink, MemorySource, MemoryTail, OpenSource } from '../memory-source.ts';
import { drain } from './drain.ts';
import { toFailure } from './failure.ts';
import type { PrivatePlace } from './meeting-place.ts';
import { SnapshotReader, type SnapshotShape } from './snapshot-reader.ts';

/** What a plan carries to the thread that reads. */
export type SnapshotSourceOptions = SnapshotShape & {
  /** A socket in the folder that libvirt made for the guest, where every security module lets its QEMU in; if there is one. */
  readonly guestSocket: string | null;
  /** A socket in a folder of our own, if its path is short enough. */
  readonly ownSocket: PrivatePlace | null;
  /** The user that the guest's QEMU runs as: with it, nobody else can connect. */
  readonly owner: { readonly user: number; readonly group: number } | null;
};

export const snapshotSourceModule = import.meta.url;

/** Listens for QEMU at every place that will do; one of them is used, once. */
export const openSource: OpenSource = async (options: Json) => {
  const settings = options as unknown as SnapshotSourceOptions;
  const source = new SnapshotSource(settings);
  try {
    await source.listen();
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
};

class SnapshotSource implements MemorySource {
  readonly #options: SnapshotSourceOptions;
  readonly #servers: Server[] = [];
  readonly #connected = Promise.withResolvers<Socket>();
  readonly #closing = new AbortController();

  constructor(options: SnapshotSourceOptions) {
    this.#options = options;
    this.#connected.promise.catch(() => undefined);
  }

  async listen(): Promise<void> {
    const { guestSocket, ownSocket } = this.#options;
    const refusals: string[] = [];
    const attempt = async (path: string, folder: string | null): Promise<void> => {
      try {
        // Passable, not readable: whoever does not know the name cannot find it by looking.
        if (folder !== null) await mkdir(folder, { mode: 0o711 });
        await this.#listenAt(path);
      } catch (error) {
        refusals.push(`${path}: ${(error as Error).message}`);
      }
    };
    if (guestSocket !== null) await attempt(guestSocket, null);
    if (ownSocket !== null) await attempt(ownSocket.path, ownSocket.folder);
    if (this.#servers.length > 0) return;
    throw new MemoirError(
      'CAPTURE_FAILED',
      `there is no place for a socket that QEMU could reach: ${refusals.join('; ')}`,
      {
        hint: 'Run the server with write access to /run, or choose CORE_DUMP.',
      },
    );
  }

  /** Reads as fast as bytes come: a guest's writes wait for us. */
  async read(sink: MemorySink, signal: AbortSignal): Promise<MemoryTail> {
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    const reader = new SnapshotReader(this.#options, sink);
    try {
      await drain(await this.#connection(ended), ended, (chunk) => reader.push(chunk));
      return reader.end();
    } catch (error) {
      throw toFailure(error, 'the snapshot’s stream');
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new MemoirError('CAPTURE_FAILED', 'the source was closed before its end'));
    await this.#stopListening();
    const { ownSocket, guestSocket } = this.#options;
    if (ownSocket !== null) await rm(ownSocket.folder, { recursive: true, force: true });
    if (guestSocket !== null) await rm(guestSocket, { force: true });
  }

  async #listenAt(path: string): Promise<void> {
    const server = createServer();
    server.maxConnections = 1;
    server.on('connection', (socket) => this.#accept(socket));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    // No more than one may wait: who comes second is not QEMU, or we would not be here.
    server.listen({ path, backlog: 1 }, resolve);
    await promise;
    this.#servers.push(server);
    const { owner } = this.#options;
    if (owner !== null && process.getuid?.() === 0) {
      await chown(path, owner.user, owner.group);
      await chmod(path, 0o600);
    } else {
      // We may not give it away; only its name, which cannot be guessed, keeps others from it. QEMU must say that it is
      // done before anything is believed, so that somebody else's bytes never become an image.
      await chmod(path, 0o777);
    }
  }

  async #connection(signal: AbortSignal): Promise<Socket> {
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return await Promise.race([this.#connected.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #accept(socket: Socket): void {
    // Errors end the stream early, which its reader notices: it is not complete then.
    socket.on('error', () => undefined);
    socket.pause();
    void this.#stopListening();
    this.#connected.resolve(socket);
  }

  async #stopListening(): Promise<void> {
    for (const server of this.#servers.splice(0)) server.close();
  }
}
