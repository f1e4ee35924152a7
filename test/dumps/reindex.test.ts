import { appendFileSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReindexResult } from '../../src/dumps/operation-types.ts';
import { demoFleet } from '../../src/machines/demo/demo-machine.ts';
import { startDumpWorld } from '../fakes/dump-world.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** What is in an image does not matter here. */
const machines = demoFleet.map((spec) => ({ ...spec, memoryBytes: 4 << 20 }));
const startWorld = (dumpFolder: string) => startDumpWorld({ dumpFolder, machines });

type World = Awaited<ReturnType<typeof startDumpWorld>>;

async function reindex({ operations, dumps }: World): Promise<ReindexResult> {
  const { id } = await dumps.reindex('tester');
  const operation = await operations.settled(id);
  expect(operation).toMatchObject({ kind: 'REINDEX', state: 'COMPLETED', error: null });
  return operation.result as ReindexResult;
}

const everything = { filter: {}, order: { by: 'TIME', direction: 'ASC' }, limit: 100 } as const;
const recordsOf = async ({ records }: World) => (await records.page(everything)).rows.map(({ record }) => record);

/** Three dumps, and a new server whose database knows nothing of them. */
async function lostDatabase() {
  const dumpFolder = temporaryFolder();
  const before = await startWorld(dumpFolder);
  const running = (await before.hypervisor.list()).filter(({ state }) => state === 'RUNNING').slice(0, 2);
  const [one, two] = running.map(({ name }) => name) as [string, string];
  const ended = [
    await before.dump(one),
    await before.dump(two, { format: 'RAW', compression: 'GZIP' }),
    await before.dump(one, { compression: 'NONE' }),
  ];
  expect(ended.map(({ state }) => state)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
  return { before, ended, after: await startWorld(dumpFolder), dumpFolder };
}

describe('reindex', () => {
  it('brings back every record as it was, and the dumps with them, after the database was lost', async () => {
    const { before, ended, after } = await lostDatabase();
    expect(await recordsOf(after)).toEqual([]);
    expect(await reindex(after)).toEqual({ found: 3, added: 3, known: 0, broken: 0, faults: [] });
    expect(await recordsOf(after)).toEqual(await recordsOf(before));
    expect(await after.records.stats({})).toEqual(await before.records.stats({}));

    const back = await after.operations.get(ended.map(({ id }) => id));
    back.forEach((operation, index) => {
      const { id, kind, subject, state, result, actor, startedAtMs, durationMs } = ended[index]!;
      expect(operation).toMatchObject({ id, kind, subject, state, result, actor, startedAtMs, durationMs });
    });
    // A dump that came back can be verified and deleted like any other.
    const [first] = ended;
    const verification = await after.operations.settled((await after.dumps.verify(first!.id, 'tester')).id);
    expect(verification.result).toMatchObject({ intact: true });
    await after.dumps.remove(first!.id, 'tester');
    expect(after.files().some((name) => name.includes(first!.id))).toBe(false);
  });

  it('changes nothing where everything is known, and forgets nothing that no manifest says', async () => {
    const { before } = await lostDatabase();
    const [record] = await recordsOf(before);
    await before.records.mark(record!.id, 'DAMAGED');
    const records = await recordsOf(before);
    expect(await reindex(before)).toEqual({ found: 3, added: 0, known: 3, broken: 0, faults: [] });
    expect(await reindex(before)).toMatchObject({ added: 0, known: 3 });
    expect(await recordsOf(before)).toEqual(records);
  });

  it('refuses manifests that are not what they should be, each by name, and takes the others', async () => {
    const { ended, after, dumpFolder } = await lostDatabase();
    const results = ended.map(({ result }) => result as { folder: string; file: string; dumpPath: string });
    const manifestOf = ({ folder, file }: { folder: string; file: string }) => join(dumpFolder, folder, `${file}.json`);
    const [good, other, third] = results as [(typeof results)[0], (typeof results)[0], (typeof results)[0]];
    const original = JSON.parse(readFileSync(manifestOf(other), 'utf8'));
    const hostile: readonly (readonly [unknown, RegExp])[] = [
      [{ ...original, memoir: 'else' }, /no manifest/],
      [{ ...original, version: 2 }, /later version/],
      [{ ...original, id: '../../etc/passwd' }, /"id"/],
      [{ ...original, id: ended[0]!.id }, /another artifact/],
      [{ ...original, id: 'ffffffff-ffff-7000-8000-000000000000' }, /"id" is of a time that has not come/],
      [
        { ...original, machineId: results[0]!.folder.replace(/^./, (c) => (c === '0' ? '1' : '0')) },
        /another artifact/,
      ],
      [{ ...original, folder: '..' }, /another artifact/],
      [{ ...original, sizeBytes: original.sizeBytes + 1 }, /bytes, and the artifact has/],
      [{ ...original, sizeBytes: -1 }, /"sizeBytes"/],
      [{ ...original, sha256: 'x'.repeat(64) }, /"sha256"/],
      [{ ...original, machineName: 'n'.repeat(10_000) }, /"machineName"/],
      [{ ...original, format: '__proto__' }, /"format"/],
      [{ ...original, durationSec: '1' }, /"durationSec"/],
      [{ ...original, committedAtUs: 1e300 }, /"committedAtUs"/],
      [{ ...original, padding: 'x'.repeat(2 ** 20) }, /no manifest has/],
      ['{', /is not a manifest/],
      [[], /no manifest/],
      [null, /no manifest/],
    ];
    for (const [content, reason] of hostile) {
      writeFileSync(manifestOf(other), typeof content === 'string' ? content : JSON.stringify(content));
      const { broken, faults } = await reindex(after);
      expect(faults, String(reason)).toEqual([{ location: other.dumpPath, reason: expect.stringMatching(reason) }]);
      expect(broken).toBe(1);
    }
    expect((await recordsOf(after)).map(({ dumpPath }) => dumpPath).sort()).toEqual(
      [good.dumpPath, third.dumpPath].sort(),
    );

    // A copy under another name, an artifact that grew, and one whose manifest is gone: none of them is this dump.
    writeFileSync(manifestOf(other), JSON.stringify(original));
    appendFileSync(other.dumpPath, 'x');
    const copy = { folder: other.folder, file: `copy-${other.file}` };
    copyFileSync(other.dumpPath, join(dumpFolder, copy.folder, copy.file));
    copyFileSync(manifestOf(other), manifestOf(copy));
    expect((await reindex(after)).faults.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/bytes, and the artifact has/),
      expect.stringMatching(/another artifact/),
    ]);
    rmSync(manifestOf(other));
    rmSync(manifestOf(copy));
    expect(await reindex(after)).toEqual({ found: 2, added: 0, known: 2, broken: 0, faults: [] });
  });

  it('finds artifacts in the folder that they were moved to', async () => {
    const { ended, dumpFolder } = await lostDatabase();
    const elsewhere = join(temporaryFolder(), 'archive');
    mkdirSync(elsewhere);
    const { folder, file } = ended[0]!.result as { folder: string; file: string };
    renameSync(join(dumpFolder, folder), join(elsewhere, folder));
    const moved = await startWorld(elsewhere);
    await reindex(moved);
    const paths = (await recordsOf(moved)).map(({ dumpPath }) => dumpPath);
    expect(paths).toContain(join(elsewhere, folder, file));
  });
});
