import { describe, expect, it, vi } from 'vitest';
import { createIdSource } from '../../src/domain/id.ts';
import { type DumpFacts, type Manifest, makeManifest, readManifest } from '../../src/dumps/manifest.ts';
import { checkManifest } from '../../src/dumps/reindex/manifest-check.ts';
import { createReindexKind } from '../../src/dumps/reindex/reindex-kind.ts';
import type { Operation } from '../../src/operations/operation.ts';
import type { Progress, RunContext } from '../../src/operations/operation-kind.ts';
import type { StoredArtifact } from '../../src/storage/artifact-store.ts';

const createId = createIdSource(() => 1_700_000_000_123);
const facts = {
  host: 'here',
  machineId: createId(),
  machineName: 'web-01',
  vmid: '1',
  demo: false,
  actor: 'ann',
  method: 'SNAPSHOT',
  methodReason: 'it is fast',
  format: 'ELF',
  compression: 'ZSTD',
  guestPauseMs: 2,
  startedAtMs: 1_700_000_001_000,
  capturedAtMs: 1_700_000_002_000,
} as const satisfies Omit<DumpFacts, 'id'>;

/** An artifact and its manifest, as a dump leaves them. */
function dump(id = createId()) {
  const key = { folder: facts.machineId, file: `20231114T221320Z_${id}.elf.zst` };
  const artifact: StoredArtifact = { key, sizeBytes: 10, location: `/dumps/${key.file}`, ctime: 1, mtime: 2, atime: 3 };
  const image = { architecture: 'x86_64', memoryRanges: [], cpuCount: 1, rawSizeBytes: 20 };
  const proof = { ...artifact, sha256: 'a'.repeat(64) };
  const times = { nowMs: 1_700_000_003_000, durationMs: 1500, imageSha256: null };
  return { artifact, manifest: makeManifest({ id, ...facts }, image, proof, times) };
}
type Dump = ReturnType<typeof dump>;

function rebuild(
  dumps: readonly Dump[],
  known: { records?: readonly string[]; journal?: Record<string, string> } = {},
) {
  const control = new AbortController();
  const commits: { message: string; effects: readonly unknown[] }[] = [];
  const ticks: Progress[] = [];
  const kind = createReindexKind({
    store: {
      async *list() {
        yield* dumps.map(({ artifact }) => artifact);
      },
      manifest: async ({ file }: { file: string }) =>
        dumps.find(({ artifact }) => artifact.key.file === file)?.manifest,
    } as never,
    records: {
      get: async (ids: readonly string[]) => ids.map((id) => (known.records?.includes(id) ? { id } : null)),
    } as never,
    journal: {
      get: async (ids: readonly string[]) =>
        ids.map((id) => (known.journal?.[id] ? { id, state: known.journal[id] } : null)),
    } as never,
  });
  const context = {
    signal: control.signal,
    phase: vi.fn(async () => undefined),
    commit: async (message: string, effects: readonly unknown[]) => void commits.push({ message, effects }),
    progress: (tick: Progress) => void ticks.push(tick),
  } as unknown as RunContext<Record<never, never>>;
  return { control, commits, ticks, kind, run: () => kind.run(context) };
}

describe('the rebuilding of a catalogue', () => {
  it('writes what it found in steps, so that it may be broken off, and says how far it is', async () => {
    const { commits, ticks, run } = rebuild(Array.from({ length: 1001 }, () => dump()));
    expect(await run()).toMatchObject({
      result: { found: 1001, added: 1001, known: 0, broken: 0 },
      message: 'Of 1001 artifacts 1001 were added, 0 were known, 0 have a broken manifest',
    });
    expect(commits.map(({ message, effects }) => [message, effects.length])).toEqual([
      ['500 artifacts were added to the catalogue', 1000],
      ['500 artifacts were added to the catalogue', 1000],
      ['1 artifacts were added to the catalogue', 2],
    ]);
    expect(ticks.map(({ doneBytes }) => doneBytes)).toEqual(Array.from({ length: 1001 }, (_, index) => index + 1));
  });

  it('leaves to dumps under way what is theirs to write, and what is known as it is', async () => {
    const dumps = [dump(), dump(), dump(), dump()];
    const [recorded, running, over, lost] = dumps.map(({ manifest }) => manifest.id) as [
      string,
      string,
      string,
      string,
    ];
    const { commits, run } = rebuild(dumps, {
      records: [recorded],
      journal: { [running]: 'RUNNING', [over]: 'COMPLETED' },
    });
    expect(await run()).toMatchObject({ result: { found: 4, added: 2, known: 2 } });
    expect(commits).toHaveLength(1);
    const ids = commits[0]?.effects.map((effect) => (effect as { payload: { id: string } }).payload.id);
    expect(ids).toEqual([over, over, lost, lost]);
  });

  it('writes nothing where all is known', async () => {
    const one = dump();
    const { commits, run } = rebuild([one], { records: [one.manifest.id] });
    expect(await run()).toMatchObject({ result: { found: 1, added: 0, known: 1 } });
    expect(commits).toEqual([]);
  });

  it('brings the operation back as far as the manifest tells', async () => {
    const one = dump();
    const other = dump('0b1c2d3e-0000-4000-8000-000000000000');
    const { commits, run } = rebuild([one, other]);
    await run();
    const operations = commits[0]?.effects.map((effect) => (effect as { payload: Operation }).payload);
    const { id, machineId } = one.manifest;
    expect(operations?.[0]).toMatchObject({
      id,
      kind: 'DUMP',
      subjects: [`vm:${machineId}`],
      state: 'COMPLETED',
      actor: 'ann',
      host: 'here',
      createdAtMs: 1_700_000_000_123,
      startedAtMs: 1_700_000_001_000,
      finishedAtMs: 1_700_000_003_000,
      durationMs: 1500,
      cancelRequested: false,
      request: {
        machineId,
        machineName: 'web-01',
        format: 'ELF',
        compression: 'ZSTD',
        demo: false,
        imageDigest: false,
      },
      result: { sizeBytes: 10, rawSizeBytes: 20, dumpPath: one.artifact.location },
    });
    // An id that holds no time.
    expect(operations?.[2]).toMatchObject({ createdAtMs: 1_700_000_001_000 });
  });

  it('counts every broken manifest, and names the first hundred', async () => {
    const broken = Array.from({ length: 101 }, () => ({
      ...dump(),
      manifest: { memoir: 'else' } as unknown as Manifest,
    }));
    const { run } = rebuild([...broken, dump()]);
    const { result } = await run();
    expect(result).toMatchObject({ found: 102, added: 1, known: 0, broken: 101 });
    expect(result.faults).toHaveLength(100);
  });

  it('ends with the reason of its signal', async () => {
    const { control, commits, run } = rebuild([dump()]);
    const reason = new Error('enough');
    control.abort(reason);
    await expect(run()).rejects.toBe(reason);
    expect(commits).toEqual([]);
  });

  it('has no limit of time, runs alone and is done again after a crash', async () => {
    const { kind } = rebuild([]);
    expect(kind).toMatchObject({ parallel: 1, stallTimeoutMs: 0, timeoutMs: 0 });
    expect(await kind.recover({} as Operation, {})).toEqual({ action: 'REQUEUE' });
  });
});

describe('a manifest', () => {
  it.each([null, 'text', 7, [], { memoir: 'dump' }])('is not %j', (json) => {
    expect(readManifest(json)).toBeNull();
  });

  it.each([
    ['memoir', 'else'],
    ['version', 2],
    ['sha256', 1],
    ['sizeBytes', 0.5],
    ['id', null],
  ])('with %s of %j is not one', (field, value) => {
    const { manifest } = dump();
    expect(readManifest({ ...manifest })).toEqual(manifest);
    expect(readManifest({ ...manifest, [field]: value })).toBeNull();
  });

  it('is taken as it is, but for where its artifact was found', () => {
    const { artifact, manifest } = dump();
    const moved = { ...artifact, location: '/archive/image' };
    expect(checkManifest({ ...manifest }, moved)).toEqual({ ...manifest, location: '/archive/image' });
    expect(checkManifest({ ...manifest, guestPauseMs: null, imageSha256: 'b'.repeat(64) }, artifact)).toMatchObject({
      guestPauseMs: null,
    });
  });

  it.each([
    ['host', 'h'.repeat(256)],
    ['vmid', 'v'.repeat(65)],
    ['actor', 'a'.repeat(201)],
    ['methodReason', 'r'.repeat(2001)],
    ['demo', 'yes'],
    ['method', 'toString'],
    ['compression', null],
    ['guestPauseMs', -1],
    ['capturedAtMs', 0.5],
    ['rawSizeBytes', -1],
    ['durationSec', Number.POSITIVE_INFINITY],
    ['imageSha256', 'B'.repeat(64)],
    ['ctime', 'now'],
  ])('is refused for its %s', (field, value) => {
    const { artifact, manifest } = dump();
    expect(() => checkManifest({ ...manifest, [field]: value }, artifact)).toThrow(`"${field}"`);
  });

  it.each([
    ['time', (file: string) => file.replace('T', 't')],
    ['id', (file: string) => file.replace('_', '_0')],
    ['extension', (file: string) => file.replace('.zst', '.gz')],
  ])('is refused for an artifact whose name has another %s', (_, rename) => {
    const { artifact, manifest } = dump();
    const key = { ...artifact.key, file: rename(artifact.key.file) };
    const renamed = { ...manifest, file: key.file };
    expect(() => checkManifest({ ...renamed }, { ...artifact, key })).toThrow('another artifact');
  });

  it('is refused in the folder of another machine, and beside another artifact', () => {
    const { artifact, manifest } = dump();
    const folder = createId();
    const elsewhere = { ...artifact, key: { ...artifact.key, folder } };
    expect(() => checkManifest({ ...manifest, folder }, elsewhere)).toThrow('another artifact');
    expect(() => checkManifest({ ...manifest, machineId: folder }, artifact)).toThrow('another artifact');
    expect(() => checkManifest({ ...manifest, folder }, artifact)).toThrow('another artifact');
    expect(() => checkManifest({ ...manifest, file: 'other' }, artifact)).toThrow('another artifact');
    expect(() => checkManifest({ ...manifest }, { ...artifact, sizeBytes: 11 })).toThrow(
      '10 bytes, and the artifact has 11',
    );
  });

  it('may come from a clock that is a year ahead, and from no later one', () => {
    const ahead = (days: number) => dump(createIdSource(() => Date.now() + days * 86_400_000)());
    const year = ahead(399);
    expect(checkManifest({ ...year.manifest }, year.artifact)).toMatchObject({ id: year.manifest.id });
    const later = ahead(401);
    expect(() => checkManifest({ ...later.manifest }, later.artifact)).toThrow('a time that has not come');
  });
});
