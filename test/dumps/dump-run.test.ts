import { describe, expect, it, vi } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { artifactKeyOf } from '../../src/dumps/artifact-name.ts';
import { createDumpKind, type DumpKindOptions } from '../../src/dumps/dump-kind.ts';
import type { DumpRequest } from '../../src/dumps/dump-request.ts';
import { type DumpFacts, type Manifest, makeManifest } from '../../src/dumps/manifest.ts';
import type { CaptureOwner } from '../../src/dumps/pipeline/capture-threads.ts';
import type { CaptureJob } from '../../src/dumps/pipeline/messages.ts';
import { neededBytes, spoolBytes } from '../../src/dumps/space-claims.ts';
import type { Operation } from '../../src/operations/operation.ts';
import type { Progress, RunContext } from '../../src/operations/operation-kind.ts';
import { openStore } from '../../src/storage/memory/memory-store.ts';
import { FakeHypervisor, machine } from '../fakes/machines.ts';

const memoryBytes = 64 << 20;
const needed = neededBytes(memoryBytes);
const web = machine(1, { memoryBytes });
const operation = { id: 'one', actor: 'ann', createdAtMs: 1_700_000_000_000, startedAtMs: null } as Operation;
const request: DumpRequest = {
  machineId: web.id,
  machineName: web.name,
  method: 'AUTO',
  format: 'ELF',
  compression: 'ZSTD',
  demo: true,
  maxPauseMs: null,
  imageDigest: false,
  traceparent: null,
};
const image = { architecture: 'x86_64', memoryRanges: [], cpuCount: 1, rawSizeBytes: 3 * 2 ** 30 };
const key = artifactKeyOf(operation, request);
const proof = { key, sizeBytes: 5 << 20, sha256: 'a'.repeat(64), location: '/x', ctime: 1, mtime: 2, atime: 3 };

const manifestOf = (facts: DumpFacts, more: Partial<Manifest> = {}): Manifest => ({
  ...makeManifest(facts, image, proof, { nowMs: 1000, durationMs: 1234.5, imageSha256: null }),
  ...more,
});

/** One run with a capture that goes as the test says. */
async function oneRun(
  changes: { space?: object; plan?: object; manifest?: Partial<Manifest>; options?: Partial<DumpKindOptions> } = {},
) {
  const control = new AbortController();
  const ticks: Progress[] = [];
  const phases: string[] = [];
  const jobs: CaptureJob[] = [];
  const owners: CaptureOwner[] = [];
  const finished: DumpFacts[] = [];
  const thread = {
    reader: {},
    finish: async (facts: DumpFacts) => {
      finished.push(facts);
      return manifestOf(facts, changes.manifest);
    },
    stop: vi.fn(async () => undefined),
  };
  const hypervisor = new FakeHypervisor([web]);
  const plan = {
    machine: web,
    method: 'SNAPSHOT',
    reason: 'it is fast',
    memoryBytes,
    source: { module: 'source', options: {} },
    ...changes.plan,
  };
  hypervisor.plan = async () => plan as never;
  const capture = vi.fn(async (): Promise<unknown> => ({ guestPauseMs: 2.25, capturedAtMs: 77 }));
  hypervisor.capture = capture as never;
  const store = await openStore(null);
  const remove = vi.spyOn(store, 'remove');
  vi.spyOn(store, 'space').mockResolvedValue({
    freeBytes: needed + 100,
    totalBytes: 1e18,
    reserveBytes: 100,
    ...changes.space,
  });
  const makeRoom = vi.fn(async () => undefined);
  const kind = createDumpKind({
    hypervisor,
    store,
    records: { get: async () => [] },
    storeReference: { module: 'store', options: {} },
    threads: {
      start(job: CaptureJob, owner: CaptureOwner) {
        jobs.push(job);
        owners.push(owner);
        return thread;
      },
    } as never,
    spoolFolder: '/spool',
    parallel: 2,
    stallTimeoutMs: 10,
    timeoutMs: 20,
    makeRoom,
    ...changes.options,
  });
  const context = {
    operation,
    request,
    signal: control.signal,
    phase: async (name: string) => void phases.push(name),
    progress: (tick: Progress) => void ticks.push(tick),
    moved: vi.fn(),
    setLimits: vi.fn(),
  } as unknown as RunContext<DumpRequest>;
  return {
    kind,
    context,
    control,
    hypervisor,
    capture,
    thread,
    jobs,
    owners,
    finished,
    phases,
    ticks,
    makeRoom,
    remove,
    store,
  };
}

describe('one dump', () => {
  it('plans, captures and finishes; its result, sentence and record are made of the manifest', async () => {
    const { kind, context, jobs, finished, phases, thread, makeRoom } = await oneRun();
    const outcome = await kind.run(context);
    expect(phases).toEqual(['planning', 'capturing', 'finishing']);
    expect(jobs).toMatchObject([
      { key, expectedBytes: needed, spoolBytes: spoolBytes(memoryBytes), format: 'ELF', compression: 'ZSTD' },
    ]);
    expect(finished).toMatchObject([
      {
        id: 'one',
        host: 'here',
        machineId: web.id,
        demo: true,
        actor: 'ann',
        guestPauseMs: 2.25,
        capturedAtMs: 77,
        startedAtMs: operation.createdAtMs,
      },
    ]);
    expect(outcome).toMatchObject({
      durationMs: 1235,
      message: 'Captured 3.00 GiB into 5.0 MiB, guest paused for 2.3 ms',
      result: { sizeBytes: 5 << 20, rawSizeBytes: 3 * 2 ** 30 },
    });
    expect(outcome.effects).toHaveLength(1);
    expect(thread.stop).not.toHaveBeenCalled();
    expect(makeRoom).not.toHaveBeenCalled();
  });

  it('says when its machine was started rather than asked for, and what its manifest warns of', async () => {
    const { kind, context, finished } = await oneRun({
      manifest: { warnings: ['no registers'], guestPauseMs: null, rawSizeBytes: 2 ** 30, sizeBytes: 2 ** 30 - 1 },
    });
    const { message } = await kind.run({ ...context, operation: { ...operation, startedAtMs: 5 } });
    expect(message).toBe('Captured 1.00 GiB into 1024.0 MiB. no registers');
    expect(finished).toMatchObject([{ startedAtMs: 5 }]);
  });

  it('names its machine by its number, or by its id where it has none', async () => {
    const { kind, context, hypervisor, finished } = await oneRun();
    const numbered = { ...web, vmid: '17' };
    for (const one of [numbered, { ...web, vmid: null }]) {
      hypervisor.machines = [one];
      await kind.run(context);
    }
    expect(finished.map(({ vmid }) => vmid)).toEqual(['17', web.id]);
  });

  it('is over where its machine is gone', async () => {
    const { kind, context, hypervisor, jobs } = await oneRun();
    hypervisor.machines = [];
    await expect(kind.run(context)).rejects.toMatchObject({ code: 'GUEST_GONE' });
    expect(jobs).toEqual([]);
  });

  it('asks for exactly the room that is missing, beside the reserve and what its source reserves', async () => {
    const { kind, context, makeRoom, jobs } = await oneRun({ space: { freeBytes: needed + 99 } });
    await kind.run(context);
    expect(makeRoom).toHaveBeenCalledWith(1);
    expect(jobs[0]?.expectedBytes).toBe(needed);
    const more = await oneRun({ plan: { reservedBytes: 7 } });
    await more.kind.run(more.context);
    expect(more.makeRoom).toHaveBeenCalledWith(7);
    expect(more.jobs[0]?.expectedBytes).toBe(needed + 7);
    const nobody = await oneRun({ space: { freeBytes: 0 }, options: { makeRoom: undefined as never } });
    expect(await nobody.kind.run(nobody.context)).toMatchObject({ result: {} });
  });

  it('counts what others before it have not written yet, in artifact and spool', async () => {
    const run = await oneRun();
    const held = Promise.withResolvers<never>();
    run.capture.mockReturnValueOnce(held.promise);
    const first = run.kind.run(run.context);
    await vi.waitFor(() => expect(run.owners).toHaveLength(1));
    run.owners[0]?.progress({
      receivedBytes: 40,
      doneBytes: 1,
      totalBytes: 2,
      writtenBytes: 300,
      spooledBytes: 50,
      digestedBytes: 6,
    });
    expect(run.ticks).toEqual([{ doneBytes: 1, totalBytes: 2, writtenBytes: 300, receivedBytes: 46 }]);
    await run.kind.run(run.context);
    expect(run.jobs[1]?.expectedBytes).toBe(2 * needed - 350);
    held.reject(new MemoirError('GUEST_GONE', 'gone'));
    await expect(first).rejects.toMatchObject({ code: 'GUEST_GONE' });
    await run.kind.run(run.context);
    expect(run.jobs[2]?.expectedBytes).toBe(needed);
  });

  it('begins nothing when it is cancelled while it is planned', async () => {
    const { kind, context, control, hypervisor, jobs } = await oneRun();
    const { plan } = hypervisor;
    hypervisor.plan = async () => {
      control.abort(new MemoirError('CANCELLED', 'not wanted'));
      return plan();
    };
    await expect(kind.run(context)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(jobs).toEqual([]);
  });

  it('is not completed when it is cancelled at the very end of its capture', async () => {
    const { kind, context, control, capture, finished, thread } = await oneRun();
    const cancelled = new MemoirError('CANCELLED', 'not wanted');
    capture.mockImplementationOnce(async () => {
      control.abort(cancelled);
      return { guestPauseMs: null, capturedAtMs: 1 };
    });
    await expect(kind.run(context)).rejects.toBe(cancelled);
    expect(finished).toEqual([]);
    expect(thread.stop).toHaveBeenCalledWith(cancelled);
  });

  it('stops its thread with what it failed of, also where that was not foreseen', async () => {
    const { kind, context, capture, thread } = await oneRun();
    const surprise = new TypeError('not foreseen');
    capture.mockRejectedValueOnce(surprise);
    await expect(kind.run(context)).rejects.toBe(surprise);
    expect(thread.stop.mock.calls).toEqual([[expect.objectContaining({ code: 'INTERNAL', cause: surprise })]]);
  });

  it('that is over is not stopped any more', async () => {
    const { kind, context, control, thread } = await oneRun();
    await kind.run(context);
    control.abort(new MemoirError('SHUTTING_DOWN', 'the server stops'));
    expect(thread.stop).not.toHaveBeenCalled();
  });

  it('has what its thread leaves removed by its own name', async () => {
    const { kind, context, owners, remove } = await oneRun();
    await kind.run(context);
    await owners[0]?.discard();
    expect(remove).toHaveBeenCalledWith(key);
  });
});

describe('a dump whose server died', () => {
  const facts = { id: 'one', guestPauseMs: null } as DumpFacts;
  async function left(manifest: Partial<Manifest>, sizeBytes = 6) {
    const run = await oneRun();
    const writer = await run.store.begin(key, 0);
    await writer.skip(sizeBytes);
    await writer.commit(() => ({ ...manifestOf(facts, { sizeBytes: 6, ...manifest }) }));
    return run;
  }

  it('is complete if its artifact and manifest are there and agree', async () => {
    const { kind, store } = await left({});
    expect(await kind.recover(operation, request)).toMatchObject({ action: 'COMPLETE', result: { sizeBytes: 6 } });
    expect(await store.find(key)).not.toBeNull();
  });

  it.each([
    ['is another dump’s', { id: 'two' }, 6],
    ['tells of another size', {}, 7],
    ['is none', { memoir: 'else' } as object, 6],
  ])('has failed, and leaves nothing, if its manifest %s', async (_, manifest, sizeBytes) => {
    const { kind, store } = await left(manifest, sizeBytes);
    expect(await kind.recover(operation, request)).toEqual({ action: 'FAIL' });
    expect(await store.find(key)).toBeNull();
  });

  it('has failed if there is nothing of it', async () => {
    const { kind } = await oneRun();
    expect(await kind.recover(operation, request)).toEqual({ action: 'FAIL' });
  });
});

it('a dump is kept in the journal as long as its artifact is', async () => {
  const states = ['AVAILABLE', 'DAMAGED', 'DELETED', null] as const;
  const get = async (ids: readonly string[]) =>
    ids.map((id, index) => (states[index] ? { id, state: states[index] } : null));
  const { kind } = await oneRun({ options: { records: { get } as never } });
  const operations = ['a', 'b', 'c', 'd'].map((id) => ({ ...operation, id }));
  expect(await kind.keeps?.(operations)).toEqual(new Set(['a', 'b']));
});

it('the limits of dumps are those of the server’s settings at each moment', async () => {
  const options = { parallel: 3, stallTimeoutMs: 5, timeoutMs: 6 };
  const { kind } = await oneRun({ options });
  expect(kind).toMatchObject(options);
});
