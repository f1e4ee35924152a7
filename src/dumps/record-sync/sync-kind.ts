import { MemoirError } from '../../domain/memoir-error.ts';
import type { Operation } from '../../operations/operation.ts';
import type { OperationKind, RunContext, RunOutcome } from '../../operations/operation-kind.ts';
import type { Operations } from '../../operations/operations.ts';
import type { RecordSync, SyncSummary } from '../../records/record-sync.ts';

/** The kind of the operation that brings catalogue and InfluxDB together; one at a time. */
export const syncKind = 'RECORDS_SYNC';
const syncSubject = 'records';

type SyncRequest = { readonly dryRun: boolean };

/** Without an InfluxDB (null), what an earlier configuration has left in the queue ends by saying so. */
export function createSyncKind(sync: RecordSync | null): OperationKind {
  return {
    kind: syncKind,
    parallel: 1,
    // Each of its questions has a time limit of its own; how many there are, the lists decide.
    stallTimeoutMs: 0,
    timeoutMs: 0,
    run: (context) => run(context, sync),
    // Everything that it does is done once, however often it is begun.
    recover: async () => ({ action: 'REQUEUE' }),
  };
}

async function run({ operation, signal, phase, progress }: RunContext, sync: RecordSync | null): Promise<RunOutcome> {
  if (sync === null) throw new MemoirError('NOT_CONFIGURED', 'this server writes to no InfluxDB');
  const { dryRun } = operation.request as SyncRequest;
  await phase('comparing', 'Comparing the catalogue with InfluxDB');
  const report = (doneBytes: number, totalBytes: number) => progress({ doneBytes, totalBytes });
  const summary = await sync.run({ dryRun, signal, report });
  return { result: { ...summary }, message: describe(summary) };
}

function describe({ dryRun, written, corrected, imported, refused, refusal }: SyncSummary): string {
  const done = dryRun ? 'would be ' : '';
  const parts = [
    `${written} records ${done}written`,
    `${corrected} states ${done}corrected`,
    `${imported} points ${done}imported`,
    ...(refused > 0 ? [`${refused} refused by InfluxDB (${refusal})`] : []),
  ];
  return parts.join(', ');
}

/** Asks for a synchronisation. ALREADY_ACTIVE while one runs. */
export async function startSync(operations: Operations, request: SyncRequest, actor: string): Promise<Operation> {
  const [outcome] = await operations.submit(
    [{ kind: syncKind, subject: syncSubject, request, message: 'Waiting to compare catalogue and InfluxDB' }],
    { actor },
  );
  if (outcome?.type === 'ACCEPTED') return outcome.operation;
  throw outcome?.type === 'ALREADY_ACTIVE'
    ? new MemoirError('ALREADY_ACTIVE', 'catalogue and InfluxDB are being compared already', {
        details: { active: outcome.active.id },
      })
    : new MemoirError('QUEUE_FULL', 'too many synchronisations are waiting');
}

/** What a completed one found; null for any other operation. */
export function syncSummaryOf({ kind, state, result }: Operation): SyncSummary | null {
  return kind === syncKind && state === 'COMPLETED' ? (result as unknown as SyncSummary) : null;
}
