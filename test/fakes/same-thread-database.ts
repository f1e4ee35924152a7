import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openConnection } from '../../src/database/connection.ts';
import type { Database } from '../../src/database/database.ts';
import type { Remote, Service, ServiceRequest, ThreadData } from '../../src/database/service.ts';
import { createServiceHost, type ServiceHost } from '../../src/database/service-host.ts';
import { fromErrorShape, MemoirError } from '../../src/domain/memoir-error.ts';

let empty: Buffer | undefined;

/** An empty database in WAL mode: SQLite waits for the disk several times when it makes one itself. */
function emptyDatabase(): Buffer {
  if (empty !== undefined) return empty;
  const folder = mkdtempSync(join(tmpdir(), 'memoir-test-'));
  const path = join(folder, 'empty.db');
  const connection = new DatabaseSync(path);
  connection.exec('PRAGMA journal_mode=WAL');
  connection.close();
  empty = readFileSync(path);
  rmSync(folder, { recursive: true });
  return empty;
}

function openWithoutSync(data: ThreadData): DatabaseSync {
  if (data.mode === 'write' && !existsSync(data.path)) writeFileSync(data.path, emptyDatabase());
  const connection = openConnection(data);
  connection.exec('PRAGMA synchronous=OFF');
  return connection;
}

/**
 * The database without its threads, for tests of what does not depend on them: the same two connections, the same hosts of the same
 * services, and everything cloned on its way as between threads. Two threads for each of some hundred servers were a fifth of
 * the whole run. That threads do the same is for test/database and whole servers, and in CI for journal, catalogue and dumps.
 * Commits do not wait for the disk either: only a power cut could tell, and no test here cuts the power.
 */
export function openSameThreadDatabase(path: string): Database {
  const hosts = new Map<'write' | 'read', ServiceHost>();
  let isClosed = false;
  let lastId = 0;

  async function send(host: ServiceHost, request: Omit<ServiceRequest, 'id'>): Promise<unknown> {
    if (isClosed) throw new MemoirError('DATABASE_FAILED', 'the database is closed');
    const reply = structuredClone(await host(structuredClone({ ...request, id: ++lastId } as ServiceRequest)));
    if (!reply.ok) throw fromErrorShape(reply.error);
    return reply.value;
  }

  return {
    async service<S extends Service>(
      name: string,
      { module, options }: { module: string; options: unknown },
      mode = 'write' as 'write' | 'read',
    ) {
      const host = hosts.get(mode) ?? createServiceHost({ path, mode, busyTimeoutMs: 5_000 }, openWithoutSync);
      hosts.set(mode, host);
      await send(host, { type: 'open', service: name, module, options } as never);
      const call =
        (method: string) =>
        (...args: unknown[]) =>
          send(host, { type: 'call', service: name, method, args } as never);
      return new Proxy({} as Remote<S>, {
        get: (_, method) => (typeof method === 'string' && method !== 'then' ? call(method) : undefined),
      });
    },
    async close() {
      if (isClosed) return;
      const closing = [...hosts.values()].map((host) => send(host, { type: 'close' } as never));
      isClosed = true;
      await Promise.all(closing);
    },
  };
}
