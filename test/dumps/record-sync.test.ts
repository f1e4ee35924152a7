import { expect, it, vi } from 'vitest';
import { createSyncKind, startSync, syncSummaryOf } from '../../src/dumps/record-sync/sync-kind.ts';
import type { Progress, RunContext } from '../../src/operations/operation-kind.ts';
import type { RecordSync, SyncSummary } from '../../src/records/record-sync.ts';

const summary: SyncSummary = {
  dryRun: false,
  records: 9,
  points: 8,
  written: 3,
  corrected: 2,
  imported: 1,
  elsewhere: 0,
  kept: 0,
  refused: 0,
  refusal: null,
};

function contextOf(dryRun: boolean) {
  const ticks: Progress[] = [];
  const { signal } = new AbortController();
  const phase = vi.fn(async () => undefined);
  const progress = (tick: Progress) => void ticks.push(tick);
  return {
    ticks,
    phase,
    signal,
    context: { request: { dryRun }, signal, phase, progress } as unknown as RunContext<{ dryRun: boolean }>,
  };
}

it('a synchronisation says what it did, and how far it is', async () => {
  const { context, ticks, signal } = contextOf(false);
  const run = vi.fn<RecordSync['run']>(async ({ report }) => {
    report(4, 17);
    return summary;
  });
  expect(await createSyncKind({ run }).run(context)).toEqual({
    result: summary,
    message: '3 records written, 2 states corrected, 1 points imported',
  });
  expect(run).toHaveBeenCalledWith(expect.objectContaining({ dryRun: false, signal }));
  expect(ticks).toEqual([{ doneBytes: 4, totalBytes: 17 }]);
});

it('a comparison says what would be done', async () => {
  const { context } = contextOf(true);
  const { message } = await createSyncKind({ run: async () => ({ ...summary, dryRun: true }) }).run(context);
  expect(message).toBe('3 records would be written, 2 states would be corrected, 1 points would be imported');
});

it('a synchronisation says what was refused', async () => {
  const { context } = contextOf(false);
  const refusing = { run: async () => ({ ...summary, refused: 1, refusal: 'no such field' }) };
  const { message } = await createSyncKind(refusing).run(context);
  expect(message).toContain(', 1 refused by InfluxDB (no such field)');
});

it('a synchronisation that an earlier configuration left behind ends by saying that there is no InfluxDB', async () => {
  const { context, phase } = contextOf(false);
  await expect(createSyncKind(null).run(context)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  expect(phase).not.toHaveBeenCalled();
});

it('a synchronisation has no limit of time, runs alone and is done again after a crash', async () => {
  const kind = createSyncKind(null);
  expect(kind).toMatchObject({ parallel: 1, stallTimeoutMs: 0, timeoutMs: 0 });
  expect(await kind.recover({} as never, { dryRun: false })).toEqual({ action: 'REQUEUE' });
});

it('a synchronisation is asked for by its actor, and only its own operation has its summary', async () => {
  const submitOne = vi.fn(async () => ({ kind: 'RECORDS_SYNC', result: summary }));
  const operation = await startSync({ submitOne } as never, { dryRun: true }, 'ann');
  expect(submitOne).toHaveBeenCalledWith(
    expect.objectContaining({ kind: 'RECORDS_SYNC', subjects: ['records'], request: { dryRun: true } }),
    { actor: 'ann' },
  );
  expect(syncSummaryOf(operation)).toEqual(summary);
  expect(syncSummaryOf({ ...operation, kind: 'DUMP' })).toBeNull();
});
