import { describe, expect, it, vi } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { DumpResult } from '../../src/dumps/dump-request.ts';
import { createDumps, type DumpServiceParts } from '../../src/dumps/dump-service.ts';
import type { TriggerInput } from '../../src/dumps/dumps.ts';
import { expectedArtifactBytes, neededBytes } from '../../src/dumps/space-claims.ts';
import type { Operation } from '../../src/operations/operation.ts';
import type { Submission, SubmitOutcome } from '../../src/operations/submission.ts';
import { openStore } from '../../src/storage/memory/memory-store.ts';
import { FakeHypervisor, machine } from '../fakes/machines.ts';

const memoryBytes = 64 << 20;
const needed = neededBytes(memoryBytes);
const machines = [1, 2, 3].map((number) => machine(number, { memoryBytes, state: 'RUNNING' }));
const [one, two, off] = [machines[0]!, machines[1]!, { ...machines[2]!, state: 'SHUT_OFF' as const }];
const subjectOf = ({ id }: { id: string }) => `vm:${id}`;
const result = { folder: 'machine', file: 'image', dumpPath: '/dumps/machine/image' } as DumpResult;
const request = {
  machineId: one.id,
  machineName: 'its name',
  method: 'AUTO',
  format: 'ELF',
  compression: 'GZIP',
  demo: true,
};
const whole: DumpResult = {
  ...result,
  method: 'SNAPSHOT',
  methodReason: '',
  vmid: '1',
  guestPauseMs: null,
  capturedAtMs: 1,
  sizeBytes: 1,
  rawSizeBytes: 1,
  sha256: '',
  imageSha256: null,
};

function operationOf(changes: Partial<Operation> = {}): Operation {
  const subject = changes.subject ?? subjectOf(one);
  return {
    id: 'dump',
    kind: 'DUMP',
    subject,
    subjects: [subject],
    state: 'COMPLETED',
    request,
    result: whole,
    ...changes,
  } as Operation;
}

/** The front door in front of a journal that holds these operations, and a store with so much room. */
async function frontDoor(
  kept: readonly Operation[] = [],
  parts: Partial<DumpServiceParts> & { freeBytes?: number } = {},
) {
  const { freeBytes = 1e15, ...given } = parts;
  const hypervisor = new FakeHypervisor([one, two, off]);
  const plan = vi.fn(async (): Promise<unknown> => ({}));
  hypervisor.plan = plan as never;
  const store = await openStore(null);
  const space = vi.spyOn(store, 'space').mockResolvedValue({ freeBytes, totalBytes: 1e18, reserveBytes: 100 });
  const submitted: Submission[] = [];
  const submit = vi.fn(async (batch: readonly Submission[], _context: unknown): Promise<readonly SubmitOutcome[]> => {
    submitted.push(...batch);
    return batch.map(
      ({ subjects }) =>
        ({ type: 'ACCEPTED', operation: operationOf({ subject: subjects[0], state: 'QUEUED' }) }) as SubmitOutcome,
    );
  });
  const operations = {
    get: async (ids: readonly string[]) => ids.map((id) => kept.find((each) => each.id === id) ?? null),
    page: async ({ subjects, states }: { subjects: readonly string[]; states: readonly string[] }) => ({
      operations: kept.filter(
        (each) => states.includes(each.state) && each.subjects.some((subject) => subjects.includes(subject)),
      ),
    }),
    submit,
    submitOne: vi.fn(async (submission: Submission) =>
      operationOf({ id: 'new', kind: submission.kind, state: 'QUEUED' }),
    ),
    note: vi.fn(async (id: string) => operationOf({ id })),
    cancel: vi.fn(async (id: string) => operationOf({ id })),
    settled: vi.fn(async () => operationOf()),
  };
  const tidy = { unwanted: null, lookAgain: vi.fn(async () => undefined), removeUnwanted: vi.fn() };
  const dumps = createDumps({ operations: operations as never, hypervisor, store, tidy: tidy as never, ...given });
  const trigger = (vms: readonly string[], more: Partial<TriggerInput> = {}) =>
    dumps.trigger({ vms, method: 'AUTO', format: 'ELF', compression: 'ZSTD', ...more } as TriggerInput, 'ann');
  return { dumps, trigger, hypervisor, plan, store, space, submitted, submit, operations, tidy };
}

describe('a trigger', () => {
  it('finds machines by id, by name and by number, each once', async () => {
    const { trigger, submitted } = await frontDoor();
    await trigger([one.id, one.name, two.name, two.name]);
    expect(submitted.map(({ subjects }) => subjects[0])).toEqual([subjectOf(one), subjectOf(two)]);
    const { vmid } = { ...two, vmid: two.vmid ?? '' };
    const byNumber = await frontDoor();
    byNumber.hypervisor.machines = [{ ...two, vmid: vmid || '17' }];
    await byNumber.trigger([vmid || '17']);
    expect(byNumber.submitted).toHaveLength(1);
  });

  it('asks for exactly what was wished, with digest and trace off unless wished', async () => {
    const { trigger, submitted } = await frontDoor();
    await trigger([one.id]);
    await trigger([one.id], { imageDigest: true, traceparent: '00-trace', maxPauseMs: 0, method: 'SNAPSHOT' });
    expect(submitted.map((each) => each.request)).toMatchObject([
      {
        machineId: one.id,
        machineName: one.name,
        demo: true,
        imageDigest: false,
        traceparent: null,
        maxPauseMs: 30_000,
      },
      { imageDigest: true, traceparent: '00-trace', maxPauseMs: 0 },
    ]);
  });

  it('takes a thousand names of 512 characters and a key of 200, and no more', async () => {
    const { trigger } = await frontDoor();
    const bad = { code: 'BAD_INPUT' };
    const names = Array.from({ length: 1001 }, (_, index) => `no-${index}`);
    expect((await trigger(names.slice(1))).rejected).toHaveLength(1000);
    await expect(trigger(names)).rejects.toMatchObject(bad);
    expect((await trigger(['x'.repeat(512)])).rejected).toMatchObject([{ error: { code: 'NOT_FOUND' } }]);
    await expect(trigger([one.id, 'x'.repeat(513)])).rejects.toMatchObject(bad);
    await expect(trigger([one.id, ''])).rejects.toMatchObject(bad);
    await expect(trigger([one.id], { maxPauseMs: -1 })).rejects.toMatchObject(bad);
    await trigger([one.id], { idempotencyKey: 'k'.repeat(200) });
    await expect(trigger([one.id], { idempotencyKey: 'k'.repeat(201) })).rejects.toMatchObject(bad);
    await expect(trigger(undefined as never)).rejects.toMatchObject(bad);
  });

  it('tells repeated requests from others by all that was wished', async () => {
    const { trigger, submit } = await frontDoor();
    const key = { idempotencyKey: 'night' };
    const printOf = async (vms: readonly string[], more: Partial<TriggerInput> = {}) => {
      await trigger(vms, { ...key, ...more });
      return JSON.stringify(submit.mock.calls.at(-1)?.[1]);
    };
    const plain = await printOf([one.id, two.id]);
    expect(await printOf([two.id, one.id, one.id])).toBe(plain);
    expect(await printOf([one.id, two.id], { imageDigest: false })).toBe(plain);
    const others = [
      await printOf([one.id]),
      await printOf([one.id, two.id], { imageDigest: true }),
      await printOf([one.id, two.id], { maxPauseMs: 5 }),
      await printOf([one.id, two.id], { method: 'SNAPSHOT' }),
      await printOf(undefined as never, { all: true }),
    ];
    expect(new Set([plain, ...others]).size).toBe(6);
    await trigger([one.id]);
    expect(submit.mock.calls.at(-1)?.[1]).toEqual({ actor: 'ann' });
  });

  it('says who is in the way, by the name that was asked for, and that there is no room in the queue', async () => {
    const { trigger, submit } = await frontDoor();
    const active = (changes: Partial<Operation>) =>
      ({ type: 'ALREADY_ACTIVE', active: operationOf(changes) }) as SubmitOutcome;
    submit.mockResolvedValueOnce([
      active({ state: 'RUNNING' }),
      active({ state: 'COMPLETED', subject: 'vm:other' }),
      active({ state: 'QUEUED', kind: 'RESTORE', subject: 'volume:x' }),
      { type: 'QUEUE_FULL', subject: subjectOf(two) } as SubmitOutcome,
    ]);
    const { rejected } = await trigger([one.id, two.name]);
    expect(rejected.map(({ vm, error, active: by }) => [vm, error.code, error.message, by === null])).toEqual([
      [one.id, 'ALREADY_ACTIVE', `"${one.id}" has a dump under way`, false],
      ['its name', 'ALREADY_ACTIVE', '"its name" had a dump under way', false],
      ['volume:x', 'ALREADY_ACTIVE', '"volume:x" has an operation of kind RESTORE under way', false],
      [two.name, 'QUEUE_FULL', 'too many operations are queued', true],
    ]);
  });

  it('asks the hypervisor only about machines that could be dumped now', async () => {
    const { trigger, plan } = await frontDoor([operationOf({ state: 'RUNNING' })]);
    await trigger(['nobody', off.id, one.id]);
    expect(plan).not.toHaveBeenCalled();
    await trigger([one.id, two.id]);
    expect(plan.mock.calls).toEqual([[two, 'AUTO', { maxPauseMs: 30_000 }]]);
  });

  it('makes room where there is none, and is refused where that did not help', async () => {
    const makeRoom = vi.fn(async () => undefined);
    const { trigger, space, submitted } = await frontDoor([], { freeBytes: needed + 99, makeRoom });
    expect((await trigger([one.id])).rejected).toMatchObject([
      {
        vm: one.id,
        error: { code: 'NO_SPACE', details: { freeBytes: needed + 99, neededBytes: needed, reserveBytes: 100 } },
      },
    ]);
    expect(makeRoom.mock.calls).toEqual([[1]]);
    makeRoom.mockImplementationOnce(
      async () => void space.mockResolvedValue({ freeBytes: needed + 100, totalBytes: 1e18, reserveBytes: 100 }),
    );
    expect((await trigger([one.id])).accepted).toHaveLength(1);
    expect(submitted).toHaveLength(1);
  });

  it('makes no room for a machine whose dump is under way, nor for what may be a repeated request', async () => {
    const makeRoom = vi.fn(async () => undefined);
    const { trigger, submitted } = await frontDoor([operationOf({ state: 'QUEUED' })], { freeBytes: 0, makeRoom });
    await trigger([one.id]);
    await trigger([two.id], { idempotencyKey: 'one' });
    expect(makeRoom).not.toHaveBeenCalled();
    expect(submitted).toHaveLength(2);
  });
});

describe('a forecast', () => {
  it('says what is needed and free, and what is under way', async () => {
    const running = operationOf({ state: 'RUNNING' });
    const { dumps } = await frontDoor([running], { freeBytes: needed + 100 });
    expect(await dumps.forecast(one.name)).toMatchObject({
      memoryBytes,
      expectedSizeBytes: expectedArtifactBytes(memoryBytes),
      freeBytes: needed + 100,
      enoughSpace: true,
      active: running,
    });
    expect(await dumps.forecast(two.id)).toMatchObject({ active: null });
    await expect(dumps.forecast('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const full = await frontDoor([], { freeBytes: needed + 99 });
    expect(await full.dumps.forecast(one.id)).toMatchObject({ enoughSpace: false });
  });

  it('of several machines is an error for each that cannot be told, and asks nobody about none', async () => {
    const { dumps, hypervisor, space } = await frontDoor();
    const failure = new MemoirError('GUEST_GONE', 'gone');
    const { captureOptions } = hypervisor;
    hypervisor.captureOptions = async (asked) => {
      if (asked.id === one.id) throw failure;
      return captureOptions.call(hypervisor, asked);
    };
    expect(await dumps.forecasts([one, two])).toMatchObject([failure, { enoughSpace: true }]);
    await expect(dumps.forecast(one.id)).rejects.toBe(failure);
    space.mockClear();
    expect(await dumps.forecasts([])).toEqual([]);
    expect(space).not.toHaveBeenCalled();
  });
});

describe('what was dumped', () => {
  async function withArtifact(...kept: Operation[]) {
    const door = await frontDoor(kept);
    await (await door.store.begin(result, 0)).commit(() => ({}));
    return door;
  }

  it('is deleted: said first, then done', async () => {
    const { dumps, store, operations } = await withArtifact(operationOf());
    operations.note.mockImplementationOnce(async (id) => {
      expect(await store.find(result)).not.toBeNull();
      return operationOf({ id });
    });
    await dumps.remove('dump', 'ann');
    expect(await store.find(result)).toBeNull();
    expect(operations.note).toHaveBeenCalledWith(
      'dump',
      'Deleted by ann',
      { action: 'DELETED', actor: 'ann' },
      expect.any(Array),
    );
    await expect(dumps.remove('dump', 'ann')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
  });

  it('is not deleted while it is verified', async () => {
    const verification = operationOf({
      id: 'verification',
      kind: 'VERIFY',
      subject: 'artifact:dump',
      state: 'RUNNING',
    });
    const { dumps, store } = await withArtifact(operationOf(), verification);
    await expect(dumps.remove('dump', 'ann')).rejects.toMatchObject({ code: 'ALREADY_ACTIVE' });
    expect(await store.find(result)).not.toBeNull();
  });

  it('is verified as it was compressed, unless it is gone', async () => {
    const { dumps, store, operations } = await withArtifact(operationOf());
    await dumps.verify('dump', 'ann');
    expect(operations.submitOne).toHaveBeenCalledWith(
      expect.objectContaining({
        kind: 'VERIFY',
        subjects: ['artifact:dump'],
        request: { dumpId: 'dump', result: whole, compression: 'GZIP' },
      }),
      { actor: 'ann' },
    );
    await store.remove(result);
    await expect(dumps.verify('dump', 'ann')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
  });

  it.each(['remove', 'verify'] as const)('must be a dump that was completed: %s', async (what) => {
    const { dumps } = await withArtifact(
      operationOf({ id: 'other', kind: 'REINDEX' }),
      operationOf({ id: 'failed', state: 'FAILED', result: null }),
      operationOf({ id: 'running', state: 'RUNNING' }),
    );
    await expect(dumps[what]('nobody', 'ann')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(dumps[what]('other', 'ann')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(dumps[what]('failed', 'ann')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
    await expect(dumps[what]('running', 'ann')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
  });

  it('is what can be cancelled here, and nothing else', async () => {
    const { dumps, operations } = await frontDoor([operationOf(), operationOf({ id: 'other', kind: 'REINDEX' })]);
    await dumps.cancel('dump', 'ann');
    await expect(dumps.cancel('other', 'ann')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(dumps.cancel('nobody', 'ann')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(operations.cancel.mock.calls).toEqual([['dump', 'ann']]);
  });
});

describe('a reindex', () => {
  it('is followed by a look for what has no record now, when it is over', async () => {
    const { dumps, operations, tidy } = await frontDoor();
    const over = Promise.withResolvers<Operation>();
    operations.settled.mockReturnValueOnce(over.promise);
    await dumps.reindex('ann');
    expect(tidy.lookAgain).not.toHaveBeenCalled();
    over.resolve(operationOf());
    await vi.waitFor(() => expect(tidy.lookAgain).toHaveBeenCalledOnce());
  });

  it('is no failure of anybody where that look fails', async () => {
    const { dumps, tidy } = await frontDoor();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    tidy.lookAgain.mockRejectedValueOnce(new Error('the disk is gone'));
    await dumps.reindex('ann');
    // Node tells of a rejection that nobody handled once all microtasks have run.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(tidy.lookAgain).toHaveBeenCalledOnce();
    expect(unhandled).not.toHaveBeenCalled();
  });
});
