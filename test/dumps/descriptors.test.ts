import { closeSync, fstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { newCaptureWorker, startCaptureThread } from '../../src/dumps/pipeline/capture-threads.ts';
import { coreDumpSource } from '../../src/machines/libvirt/core-dump/core-dump-source.ts';
import { directoryStoreModule } from '../../src/storage/directory/directory-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A capture thread that holds a FIFO, a spool and an artifact. */
async function openThread() {
  const folder = temporaryFolder();
  const worker = newCaptureWorker();
  const thread = startCaptureThread(
    {
      source: coreDumpSource.of({ place: { folder: join(folder, 'fifo'), path: join(folder, 'fifo', 'core') } }),
      store: { module: directoryStoreModule, options: { folder: join(folder, 'dumps') } },
      key: { folder: 'machine', file: 'dump.elf' },
      expectedBytes: 1,
      format: 'ELF',
      compression: 'NONE',
      spoolFolder: join(folder, 'spool'),
      spoolBytes: 1 << 20,
    },
    { progress: () => undefined, moved: () => undefined, discard: async () => undefined },
    worker,
  );
  await thread.reader.open();
  return { folder, worker, thread };
}

/** What this process has open in a folder. */
function openIn(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return [];
    }
  });
}

it('a thread that ends closes no descriptor that someone else was given since', async () => {
  const { thread } = await openThread();
  // The thread has closed its own when it says that it failed, and lives for a moment: what is opened now gets their numbers.
  const others: number[] = [];
  const opened = thread.reader.drained.catch(() => {
    for (let count = 0; count < 50; count += 1) others.push(openSync('/dev/null', 'r'));
  });
  await thread.stop(new MemoirError('CANCELLED', 'enough'));
  await opened;
  const closed = others.filter((descriptor) => {
    try {
      fstatSync(descriptor);
      closeSync(descriptor);
      return false;
    } catch {
      return true;
    }
  });
  expect([others.length, closed]).toEqual([50, []]);
});

it('a thread that is ended by force leaves nothing open', async () => {
  const { folder, worker } = await openThread();
  // FIFO, artifact and its folder, spool.
  expect(openIn(folder).length).toBeGreaterThanOrEqual(4);
  await worker.terminate();
  expect(openIn(folder)).toEqual([]);
});
