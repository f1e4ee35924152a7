import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import type { Guest } from './guest.ts';

/** How a migration stands, of what `query-migrate` answers. */
export interface MigrationStatus {
  readonly status?: string;
  readonly 'error-desc'?: string;
  readonly downtime?: number;
}

/** A background snapshot that is under way: the stream's socket, already accepted and not yet read. */
export interface Snapshot {
  readonly socket: Socket;
  status(): Promise<MigrationStatus>;
  /** Waits until QEMU says how it ended. */
  ended(): Promise<MigrationStatus>;
  /** Closes the socket and switches the capability off. */
  [Symbol.asyncDispose](): Promise<void>;
}

const capability = (guest: Guest, state: boolean): Promise<unknown> =>
  guest.qmp('migrate-set-capabilities', { capabilities: [{ capability: 'background-snapshot', state }] });

/**
 * Starts a background snapshot of `guest` by the plainest means: virsh, QMP and a unix socket. It is the bench's own, so that
 * what the tests know of QEMU does not rest on the code under test.
 */
export async function startSnapshot(bench: Bench, guest: Guest): Promise<Snapshot> {
  const path = join(bench.exchange, `${randomUUID()}.sock`);
  const server: Server = createServer({ pauseOnConnect: true }).listen(path);
  await once(server, 'listening');
  await chmod(path, 0o777);
  const connected = once(server, 'connection') as Promise<[Socket]>;
  // If the capability is refused, never go on: the migration would be a plain one, which stops the guest.
  await capability(guest, true);
  await guest.qmp('migrate', { uri: `unix:${path}` });
  const [socket] = await connected;
  server.close();
  socket.on('error', () => {});
  const status = async (): Promise<MigrationStatus> => (await guest.qmp('query-migrate')) as MigrationStatus;
  return {
    socket,
    status,
    async ended() {
      for (;;) {
        const now = await status();
        if (['completed', 'failed', 'cancelled'].includes(now.status ?? '')) return now;
        await sleep(20);
      }
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await capability(guest, false);
    },
  };
}

/** The whole stream of one background snapshot. */
export async function snapshotStream(bench: Bench, guest: Guest): Promise<Buffer> {
  await using snapshot = await startSnapshot(bench, guest);
  const chunks: Buffer[] = [];
  for await (const chunk of snapshot.socket) chunks.push(chunk as Buffer);
  const { status, 'error-desc': reason } = await snapshot.ended();
  if (status !== 'completed') throw new Error(`the snapshot of ${guest.name} ${status}: ${reason}`);
  return Buffer.concat(chunks);
}
