import { readdirSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { newCaptureWorker, startCaptureThread } from '../../src/dumps/pipeline/capture-threads.ts';
import { createDemoHypervisor } from '../../src/machines/demo/demo-hypervisor.ts';
import { directoryStoreModule, openStore } from '../../src/storage/directory/directory-store.ts';
import { plainSourceModule } from '../fakes/plain-source.ts';
import { stuckStoreModule } from '../fakes/stuck-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('a thread that was given up before it was asked to open makes no file that nobody takes away', async () => {
  const hypervisor = createDemoHypervisor({ speedBytesPerSec: null });
  onTestFinished(() => hypervisor.close());
  const [machine] = (await hypervisor.list()).filter(({ state }) => state === 'RUNNING');
  const plan = await hypervisor.plan(machine as NonNullable<typeof machine>, 'AUTO');
  const folder = temporaryFolder();
  for (let round = 0; round < 5; round += 1) {
    const thread = startCaptureThread(
      {
        source: plan.source,
        store: { module: directoryStoreModule, options: { folder: `${folder}/dumps` } },
        key: { folder: plan.machine.id, file: `${round}.elf.zst` },
        expectedBytes: plan.memoryBytes,
        format: 'ELF',
        compression: 'ZSTD',
        spoolFolder: `${folder}/spool`,
        spoolBytes: 1 << 30,
      },
      { progress: () => undefined, moved: () => undefined, discard: async () => undefined },
    );
    const stopped = thread.stop(new MemoirError('INTERRUPTED', 'the server is asked to stop'));
    await expect(thread.reader.open()).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await stopped;
  }
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  expect(entries.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual([]);
});

it('a thread says what came in, although all of it waits in the spool for what comes last', async () => {
  const folder = temporaryFolder();
  const [memoryBytes, hangAfterBytes] = [32 << 20, 24 << 20];
  const came = Promise.withResolvers<number>();
  const thread = startCaptureThread(
    {
      source: {
        module: plainSourceModule,
        options: { memoryBytes, fill: 7, descending: true, hangAfterBytes },
      },
      store: { module: directoryStoreModule, options: { folder: `${folder}/dumps` } },
      key: { folder: 'machine', file: 'one.elf.zst' },
      expectedBytes: memoryBytes * 2,
      format: 'ELF',
      compression: 'ZSTD',
      spoolFolder: `${folder}/spool`,
      spoolBytes: 1 << 30,
    },
    {
      progress: ({ receivedBytes, doneBytes }) => {
        if (receivedBytes === hangAfterBytes) came.resolve(doneBytes);
      },
      moved: () => undefined,
      discard: async () => undefined,
    },
  );
  onTestFinished(() => thread.stop(new MemoirError('CANCELLED', 'the test is over')));
  await thread.reader.open();
  // Of the image nothing but its header can have been written.
  expect(await came.promise).toBeLessThan(1 << 20);
});

it('a thread that is stopped while a disk does not answer its commit leaves no partial file', async () => {
  const folder = temporaryFolder();
  const memoryBytes = 8 << 20;
  const key = { folder: 'machine', file: 'one.elf.zst' };
  const store = await openStore({ folder: `${folder}/dumps` });
  const thread = startCaptureThread(
    {
      source: { module: plainSourceModule, options: { memoryBytes, fill: 7 } },
      store: { module: stuckStoreModule, options: { folder: `${folder}/dumps` } },
      key,
      expectedBytes: memoryBytes * 2,
      format: 'ELF',
      compression: 'NONE',
      spoolFolder: `${folder}/spool`,
      spoolBytes: 1 << 30,
    },
    { progress: () => undefined, moved: () => undefined, discard: () => store.remove(key) },
    newCaptureWorker(),
    200,
  );
  await thread.reader.open();
  await thread.reader.drained;
  const files = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  expect(files()).toEqual([expect.stringContaining('one.elf.zst')]);
  await thread.stop(new MemoirError('SHUTTING_DOWN', 'the server is stopping'));
  expect(files()).toEqual([]);
});
