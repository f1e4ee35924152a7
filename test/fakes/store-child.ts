import { readdir } from 'node:fs/promises';
import { toErrorShape } from '../../src/domain/memoir-error.ts';
import { openStore } from '../../src/storage/directory/directory-store.ts';

/** What a process that writes artifacts is told, as JSON in its first argument. */
export interface StoreChildTask {
  readonly folder: string;
  readonly work: 'COMMIT' | 'COMMIT_FOR_EVER' | 'SWEEP';
  readonly sizeBytes?: number;
  readonly umask?: number;
  readonly reserveBytes?: number;
}

/** What it says, as JSON in its last line. `left` is what lies in the folder afterwards. */
export interface StoreChildReport {
  readonly code: string | null;
  readonly message: string | null;
  readonly hint: string | null;
  readonly left: readonly string[];
  /** Least that was free in the folder's file system when a write had been refused. */
  readonly freeBytes: number | null;
}

const task = JSON.parse(process.argv[2] as string) as StoreChildTask;
if (task.umask !== undefined) process.umask(task.umask);

let freeBytes: number | null = null;

async function commit(file: string, sizeBytes: number): Promise<void> {
  const store = await openStore({ folder: task.folder, reserveBytes: task.reserveBytes ?? 0 });
  const writer = await store.begin({ folder: 'machine', file }, 0);
  try {
    const chunk = new Uint8Array(300_000).fill(7);
    while (writer.writtenBytes < sizeBytes) {
      await writer.write(chunk.subarray(0, Math.min(chunk.length, sizeBytes - writer.writtenBytes)));
    }
    await writer.commit(({ sha256, sizeBytes }) => ({ sha256, sizeBytes }));
  } catch (error) {
    freeBytes = (await store.space()).freeBytes;
    throw error;
  } finally {
    await writer.abort();
  }
}

async function work(): Promise<void> {
  if (task.work === 'SWEEP') await (await openStore({ folder: task.folder })).sweep();
  else if (task.work === 'COMMIT') await commit('image', task.sizeBytes ?? 0);
  else for (let number = 0; ; number++) await commit(`image-${number}`, (number * 77_777) % 2_000_000);
}

async function report(error: unknown): Promise<void> {
  const shape = error === null ? null : toErrorShape(error);
  const left = await readdir(task.folder, { recursive: true }).catch(() => []);
  const said: StoreChildReport = {
    code: shape?.code ?? null,
    message: shape?.message ?? null,
    hint: shape?.hint ?? null,
    left: left.sort(),
    freeBytes,
  };
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

await work().then(() => report(null), report);
