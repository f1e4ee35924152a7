import { stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { pause } from '../async/pause.ts';
import type { Closable } from '../domain/closable.ts';
import { isMemoirError, MemoirError } from '../domain/memoir-error.ts';
import { type CheckService, openService } from './check-service.ts';
import { toDatabaseError } from './connection.ts';
import { openDatabase } from './database.ts';

/** A file up to this size is looked through before the server starts: some ten milliseconds. */
const atStartBytes = 16 * 1024 * 1024;

interface HealthOptions {
  /** Told once, when a later look finds damage. */
  damaged(error: MemoirError): void;
  readonly atStartBytes?: number;
  /** The first look at a large file, and the pause between two. */
  readonly times?: { readonly firstMs: number; readonly everyMs: number };
}

/** Whether the database file is sound, as far as it is known. */
export interface DatabaseHealth extends Closable {
  /** The damage that was found; null as long as none was. */
  readonly damage: MemoirError | null;
}

/**
 * Looks for damage that nobody has met yet: a small database before it is used (DATABASE_DAMAGED), a large one in the
 * background, and every one again from time to time. A file that is not there is sound.
 */
export async function watchDatabaseHealth(path: string, options: HealthOptions): Promise<DatabaseHealth> {
  const { times = { firstMs: 30_000, everyMs: 24 * 3_600_000 } } = options;
  const closing = new AbortController();
  const { signal } = closing;
  let damage: MemoirError | null = null;

  const { size } = await stat(path).catch(() => ({ size: 0 }));
  const isSmall = size <= (options.atStartBytes ?? atStartBytes);
  if (isSmall && size > 0) examineHere(path);
  const running = (async () => {
    await pause(isSmall ? times.everyMs : times.firstMs, signal);
    while (!signal.aborted && damage === null) {
      damage = await examine(path).catch(() => null);
      if (damage !== null) options.damaged(damage);
      else await pause(times.everyMs, signal);
    }
  })();

  return {
    get damage() {
      return damage;
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** A thread of its own would take longer to begin than this takes. */
function examineHere(path: string): void {
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    const finding = openService(connection).examine();
    if (finding !== null) throw new MemoirError('DATABASE_DAMAGED', `${path} is damaged: ${finding}`);
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    connection?.close();
  }
}

/** The damage, null if there is none. Other failures (a file that is locked) say nothing of it, and reject. */
async function examine(path: string): Promise<MemoirError | null> {
  const database = openDatabase(path);
  try {
    const module = new URL('./check-service.ts', import.meta.url).href;
    const service = await database.service<CheckService>('check', { module, options: null }, 'read');
    const finding = await service.examine();
    return finding === null ? null : new MemoirError('DATABASE_DAMAGED', `${path} is damaged: ${finding}`);
  } catch (error) {
    if (isMemoirError(error, 'DATABASE_DAMAGED')) return error;
    throw error;
  } finally {
    await database.close();
  }
}
