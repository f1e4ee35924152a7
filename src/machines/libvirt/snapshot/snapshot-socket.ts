import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { MemoirError } from '../../../domain/memoir-error.ts';
import { messageOf } from '../../../domain/thrown.ts';
import type { PrivatePlace } from '../meeting-place.ts';

/** Where QEMU may find us, and who it is. Plain data: it crosses to threads and processes. */
export type SnapshotSockets = {
  /** A socket in the folder that libvirt made for the guest, where every security module lets its QEMU in; if there is one. */
  readonly guestSocket: string | null;
  /** A socket in a folder of our own, if its path is short enough. */
  readonly ownSocket: PrivatePlace | null;
  /** The user that the guest's QEMU runs as: with it, nobody else can connect. */
  readonly owner: { readonly user: number; readonly group: number } | null;
};

/** Listens for one QEMU at every place that will do: the first that connects is the one. */
export class SnapshotSocket {
  /** The connection, paused. Stays pending for as long as nobody comes. */
  readonly connected: Promise<Socket>;
  readonly #options: SnapshotSockets;
  readonly #servers: Server[] = [];
  readonly #resolve: (socket: Socket) => void;

  private constructor(options: SnapshotSockets) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<Socket>();
    this.connected = promise;
    this.#resolve = resolve;
  }

  static async listen(options: SnapshotSockets): Promise<SnapshotSocket> {
    const socket = new SnapshotSocket(options);
    try {
      await socket.#listen();
      return socket;
    } catch (error) {
      await socket.close();
      throw error;
    }
  }

  /** Stops listening and removes what was made. A connection that was taken is not touched. */
  async close(): Promise<void> {
    this.#stop();
    const { ownSocket, guestSocket } = this.#options;
    if (ownSocket !== null) await rm(ownSocket.folder, { recursive: true, force: true });
    if (guestSocket !== null) await rm(guestSocket, { force: true });
  }

  async #listen(): Promise<void> {
    const { guestSocket, ownSocket } = this.#options;
    const refusals: string[] = [];
    const attempt = async (path: string, folder: string | null): Promise<void> => {
      try {
        // Passable, not readable: whoever does not know the name cannot find it by looking.
        if (folder !== null) {
          await mkdir(folder, { mode: 0o711 });
          await chmod(folder, 0o711);
        }
        await this.#listenAt(path);
      } catch (error) {
        refusals.push(`${path}: ${messageOf(error)}`);
      }
    };
    if (guestSocket !== null) await attempt(guestSocket, null);
    if (ownSocket !== null) await attempt(ownSocket.path, ownSocket.folder);
    if (this.#servers.length > 0) return;
    const tried = refusals.join('; ') || 'every path is too long';
    throw new MemoirError('CAPTURE_FAILED', `no socket path that QEMU can reach: ${tried}`, {
      hint: 'Run the server with write access to /run, or choose CORE_DUMP.',
    });
  }

  async #listenAt(path: string): Promise<void> {
    const server = createServer({ pauseOnConnect: true });
    server.on('connection', (socket) => this.#accept(socket));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(path, resolve);
    await promise;
    this.#servers.push(server);
    const { owner } = this.#options;
    if (owner !== null && process.getuid?.() === 0) {
      await chown(path, owner.user, owner.group);
      await chmod(path, 0o600);
    } else {
      // We may not give it away; only its name, which cannot be guessed, keeps others from it. QEMU must say that it is
      // done before anything is believed, so that someone else's bytes never become an image.
      await chmod(path, 0o777);
    }
  }

  #accept(socket: Socket): void {
    // Errors end the stream early, and its reader notices that it is not whole.
    socket.on('error', () => undefined);
    this.#stop();
    this.#resolve(socket);
  }

  #stop(): void {
    for (const server of this.#servers.splice(0)) server.close();
  }
}
