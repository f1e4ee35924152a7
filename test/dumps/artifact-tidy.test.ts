import { expect, it, vi } from 'vitest';
import type { DumpResult } from '../../src/dumps/dump-request.ts';
import { markRecord } from '../../src/records/record-effects.ts';
import { startDumpWorld } from '../fakes/dump-world.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('a deletion that a dead server had said and not done is finished, and nothing else is touched', async () => {
  const world = await startDumpWorld();
  const [gone, kept] = [await world.dump('web-01'), await world.dump('db-01')];
  // What is written of a deletion before its files go.
  const effects = [markRecord.of({ id: gone.id, state: 'DELETED' })];
  await world.operations.note(gone.id, 'Deleted by ann', { action: 'DELETED', actor: 'ann' }, effects);
  const { dumpPath } = gone.result as unknown as DumpResult;
  const { file } = kept.result as unknown as DumpResult;
  expect(await world.tidy.look()).toEqual([dumpPath]);
  expect(world.files().sort()).toEqual([file, `${file}.json`]);
  expect(world.tidy.unwanted).toEqual({ count: 0, sizeBytes: 0, locations: [] });
  expect(await world.tidy.look()).toEqual([]);
});

it('artifacts without a record are reported, and removed only on word', async () => {
  const dumpFolder = temporaryFolder();
  const before = await startDumpWorld({ dumpFolder });
  const { dumpPath, sizeBytes } = (await before.dump('web-01')).result as unknown as DumpResult;
  // The database is lost.
  const after = await startDumpWorld({ dumpFolder });
  expect(after.dumps.unwanted).toBeNull();
  await after.tidy.look();
  expect(after.dumps.unwanted).toEqual({ count: 1, sizeBytes, locations: [dumpPath] });
  expect(after.files()).toHaveLength(2);
  expect(await after.dumps.removeUnwanted()).toEqual({ count: 1, sizeBytes, locations: [dumpPath] });
  expect(after.files()).toEqual([]);
  expect(after.dumps.unwanted).toMatchObject({ count: 0 });
});

it('what reindex has taken into the catalogue is wanted', async () => {
  const dumpFolder = temporaryFolder();
  await (await startDumpWorld({ dumpFolder })).dump('web-01');
  const after = await startDumpWorld({ dumpFolder });
  await after.tidy.look();
  expect(after.dumps.unwanted).toMatchObject({ count: 1 });
  const { id } = await after.dumps.reindex('ann');
  await after.operations.settled(id);
  await vi.waitFor(() => expect(after.dumps.unwanted).toMatchObject({ count: 0 }));
});
