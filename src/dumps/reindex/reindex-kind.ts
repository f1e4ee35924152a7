import { isMemoirError, type MemoirError } from '../../domain/memoir-error.ts';
import { isTerminal } from '../../domain/operation-state.ts';
import type { Journal } from '../../operations/journal.ts';
import type { Operation } from '../../operations/operation.ts';
import type { OperationKind, RunContext, RunOutcome } from '../../operations/operation-kind.ts';
import { restoreOperation } from '../../operations/restore-effect.ts';
import type { DumpRecords } from '../../records/dump-records.ts';
import { appendRecord } from '../../records/record-effects.ts';
import type { ArtifactStore } from '../../storage/artifact-store.ts';
import type { DumpRequest } from '../dump-request.ts';
import { dumpKind, machineSubject } from '../dumps.ts';
import { type Manifest, toRecord, toResult } from '../manifest.ts';
import { type ReindexResult, reindexType } from '../operation-types.ts';
import { checkManifest } from './manifest-check.ts';

/** How many broken ones are named; how many are looked up at once. */
const namedFaults = 100;
const batchSize = 500;

export interface ReindexKindOptions {
  readonly store: ArtifactStore;
  readonly records: Pick<DumpRecords, 'get'>;
  readonly journal: Pick<Journal, 'get'>;
}

/**
 * The operation that rebuilds the catalogue from the manifests beside the artifacts. What is known stays as it is, so it can
 * be repeated; all that is added is added in one transaction. What a manifest does not say is not brought back: that a dump
 * was deleted (it has none any more), or found damaged (verify it again).
 */
export function createReindexKind(options: ReindexKindOptions): OperationKind<Record<never, never>, ReindexResult> {
  return {
    type: reindexType,
    parallel: 1,
    stallTimeoutMs: 0,
    timeoutMs: 0,
    run: (context) => run(context, options),
    // Nothing was written before its end.
    recover: async () => ({ action: 'REQUEUE' }),
  };
}

async function run(
  context: RunContext,
  { store, records, journal }: ReindexKindOptions,
): Promise<RunOutcome<ReindexResult>> {
  await context.phase('reading', 'Reading the manifests');
  const faults: { location: string; reason: string }[] = [];
  const missing: Manifest[] = [];
  let [found, broken, known] = [0, 0, 0];
  let batch: Manifest[] = [];
  const sift = async (): Promise<void> => {
    const ids = batch.map(({ id }) => id);
    const [recorded, journaled] = await Promise.all([records.get(ids), journal.get(ids)]);
    batch.forEach((manifest, index) => {
      const operation = journaled[index];
      // A dump that is about to complete writes its own record.
      const isActive = operation != null && !isTerminal(operation.state);
      if (recorded[index] != null || isActive) known += 1;
      else missing.push(manifest);
    });
    batch = [];
  };
  for await (const artifact of store.list()) {
    context.signal.throwIfAborted();
    found += 1;
    try {
      batch.push(checkManifest(await store.manifest(artifact.key), artifact));
    } catch (error) {
      if (!isMemoirError(error)) throw error;
      broken += 1;
      if (faults.length < namedFaults) faults.push({ location: artifact.location, reason: error.message });
    }
    if (batch.length === batchSize) await sift();
    context.progress({ doneBytes: found, totalBytes: null });
  }
  await sift();
  if (context.signal.aborted) throw context.signal.reason as MemoirError;
  const result: ReindexResult = { found, added: missing.length, known, broken, faults };
  return {
    result,
    message: `Of ${found} artifacts ${missing.length} were added, ${known} were known, ${broken} have a broken manifest`,
    effects: missing.flatMap((manifest) => [
      restoreOperation.of(restored(manifest)),
      appendRecord.of(toRecord(manifest)),
    ]),
  };
}

/** The operation that made a dump, as far as its manifest tells. */
function restored(manifest: Manifest): Operation {
  const { id, machineId, machineName, host, actor, method, format, compression, demo, startedAtMs } = manifest;
  const request: DumpRequest = { machineId, machineName, method, format, compression, demo };
  return {
    id,
    kind: dumpKind,
    subject: machineSubject(machineId),
    subjects: [machineSubject(machineId)],
    nodeId: '',
    host,
    state: 'COMPLETED',
    phase: 'finishing',
    message: 'Restored from its manifest',
    actor,
    request,
    result: toResult(manifest),
    error: null,
    // RFC 9562, section 5.7: the first 48 bits of a UUIDv7 are the milliseconds of its making.
    createdAtMs: id[14] === '7' ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : startedAtMs,
    startedAtMs,
    finishedAtMs: Math.round(manifest.committedAtUs / 1000),
    cancelRequested: false,
    seq: 0,
  };
}
