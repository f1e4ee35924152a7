import { idTimeMs } from '../../domain/id.ts';
import { isMemoirError } from '../../domain/memoir-error.ts';
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
 * be repeated, and so can one that was broken off. What a manifest does not say is not brought back: that a dump
 * was deleted (it has none any more), or found damaged (verify it again).
 */
export function createReindexKind(options: ReindexKindOptions): OperationKind<Record<never, never>, ReindexResult> {
  return {
    type: reindexType,
    parallel: 1,
    stallTimeoutMs: 0,
    timeoutMs: 0,
    run: (context) => run(context, options),
    // What was added is known to the next run.
    recover: async () => ({ action: 'REQUEUE' }),
  };
}

async function run(
  context: RunContext,
  { store, records, journal }: ReindexKindOptions,
): Promise<RunOutcome<ReindexResult>> {
  await context.phase('reading', 'Reading the manifests');
  const faults: { location: string; reason: string }[] = [];
  let [found, broken, known, added] = [0, 0, 0, 0];
  let batch: Manifest[] = [];
  const sift = async (): Promise<void> => {
    const ids = batch.map(({ id }) => id);
    const [recorded, journaled] = await Promise.all([records.get(ids), journal.get(ids)]);
    const missing = batch.filter((_, index) => {
      const operation = journaled[index];
      // A dump that is about to complete writes its own record.
      const isActive = operation != null && !isTerminal(operation.state);
      return recorded[index] == null && !isActive;
    });
    known += batch.length - missing.length;
    batch = [];
    if (missing.length === 0) return;
    const effects = missing.flatMap((manifest) => [
      restoreOperation.of(restored(manifest)),
      appendRecord.of(toRecord(manifest)),
    ]);
    await context.commit(`${missing.length} artifacts were added to the catalogue`, effects);
    added += missing.length;
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
  context.signal.throwIfAborted();
  const result: ReindexResult = { found, added, known, broken, faults };
  return {
    result,
    message: `Of ${found} artifacts ${added} were added, ${known} were known, ${broken} have a broken manifest`,
  };
}

/** The operation that made a dump, as far as its manifest tells. */
function restored(manifest: Manifest): Operation {
  const { id, machineId, machineName, host, actor, method, format, compression, demo, startedAtMs } = manifest;
  const wish = { maxPauseMs: null, imageDigest: false, traceparent: null };
  const request: DumpRequest = { machineId, machineName, method, format, compression, demo, ...wish };
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
    createdAtMs: id[14] === '7' ? idTimeMs(id) : startedAtMs,
    startedAtMs,
    finishedAtMs: Math.round(manifest.committedAtUs / 1000),
    durationMs: manifest.durationSec * 1000,
    cancelRequested: false,
    seq: 0,
  };
}
