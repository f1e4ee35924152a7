import { MemoirError } from '../../domain/memoir-error.ts';
import type { Operation } from '../../operations/operation.ts';
import type { OperationKind, RunContext, RunOutcome } from '../../operations/operation-kind.ts';
import type { Operations } from '../../operations/operations.ts';
import type { RecordSync, SyncSummary } from '../../records/record-sync.ts';
import { type SyncRequest, type SyncResult, syncType } from '../operation-types.ts';

const syncSubject = 'records';

/** Without an InfluxDB (null), what an earlier configuration has left in the queue ends by saying so. */
export function createSyncKind(sync: RecordSync | null): OperationKind<SyncRequest, SyncResult> {
  return {
    type: syncType,
    parallel: 1,
    // Each of its questions has a time limit of its own; how many there are, the lists decide.
    stallTimeoutMs: 0,
    timeoutMs: 0,
    run: (context) => run(context, sync),
    // Everything that it does is done once, however often it is begun.
    recover: async () => ({ action: 'REQUEUE' }),
  };
}

async function run(
  { request, signal, phase, progress }: RunContext<SyncRequest>,
  sync: RecordSync | null,
): Promise<RunOutcome<SyncResult>> {
  if (sync === null) throw new MemoirError('NOT_CONFIGURED', 'this server writes to no InfluxDB');
  const { dryRun } = request;
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
  const message = 'Waiting to compare catalogue and InfluxDB';
  return operations.submitOne(syncType.submission({ subjects: [syncSubject], request, message }), { actor });
}

/** What a completed one found; null for any other operation. */
export function syncSummaryOf(operation: Operation): SyncSummary | null {
  return operation.kind === syncType.name ? syncType.resultOf(operation) : null;
}
