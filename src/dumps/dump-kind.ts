import { MemoirError } from '../domain/memoir-error.ts';
import type { ModuleReference } from '../domain/module-reference.ts';
import type { Hypervisor } from '../machines/hypervisor.ts';
import type { Operation } from '../operations/operation.ts';
import type { OperationKind, Recovery, RunContext, RunOutcome, TimeLimits } from '../operations/operation-kind.ts';
import type { DumpRecords } from '../records/dump-records.ts';
import { appendRecord } from '../records/record-effects.ts';
import type { ArtifactStore } from '../storage/artifact-store.ts';
import { artifactKeyOf } from './artifact-name.ts';
import type { DumpRequest, DumpResult } from './dump-request.ts';
import { type Manifest, readManifest, toRecord, toResult } from './manifest.ts';
import { dumpType } from './operation-types.ts';
import type { CaptureThreads } from './pipeline/capture-threads.ts';
import { neededBytes, SpaceClaims, spoolBytes } from './space-claims.ts';

export interface DumpKindOptions extends TimeLimits {
  readonly hypervisor: Hypervisor;
  readonly store: ArtifactStore;
  readonly records: Pick<DumpRecords, 'get'>;
  /** The same store, for the capture's own thread. */
  readonly storeReference: ModuleReference;
  readonly threads: CaptureThreads;
  readonly spoolFolder: string;
  readonly parallel: number;
  /** Asked where so many bytes are missing: frees what it may. A dump that has waited, or was scheduled, finds out only now. */
  readonly makeRoom?: (bytes: number) => Promise<unknown>;
}

/** The operation that captures one machine's memory: plan, capture, finish. */
export function createDumpKind(options: DumpKindOptions): OperationKind<DumpRequest, DumpResult> {
  const { store } = options;
  const claims = new SpaceClaims();
  return {
    type: dumpType,
    // Asked for each time: the server's settings may be read again.
    get parallel() {
      return options.parallel;
    },
    get stallTimeoutMs() {
      return options.stallTimeoutMs;
    },
    get timeoutMs() {
      return options.timeoutMs;
    },
    run: (context) => run(context, options, claims),
    recover: (operation, request) => recover(operation, request, store),
    keeps: async (operations) => withArtifact(operations, options.records),
  };
}

async function run(
  context: RunContext<DumpRequest>,
  options: DumpKindOptions,
  claims: SpaceClaims,
): Promise<RunOutcome<DumpResult>> {
  const { operation, request, signal } = context;
  const { hypervisor, store } = options;
  const begunMs = performance.now();

  await context.phase('planning', 'Planning the capture');
  const machine = await hypervisor.find(request.machineId);
  if (machine === null) throw new MemoirError('GUEST_GONE', `the machine ${request.machineName} no longer exists`);
  const plan = await hypervisor.plan(machine, request.method, request);
  signal.throwIfAborted();
  context.setLimits(limitsFor(plan.memoryBytes, options));

  const key = artifactKeyOf(operation, request);
  using claim = claims.take(neededBytes(plan.memoryBytes) + (plan.reservedBytes ?? 0));
  const { freeBytes, reserveBytes } = await store.space();
  const missingBytes = claim.withOthers + reserveBytes - freeBytes;
  if (missingBytes > 0) await options.makeRoom?.(missingBytes);
  const thread = options.threads.start(
    {
      source: plan.source,
      store: options.storeReference,
      key,
      expectedBytes: claim.withOthers,
      format: request.format,
      compression: request.compression,
      imageDigest: request.imageDigest,
      spoolFolder: options.spoolFolder,
      spoolBytes: spoolBytes(plan.memoryBytes),
    },
    {
      progress(progress) {
        const { doneBytes, totalBytes, writtenBytes, spooledBytes, digestedBytes } = progress;
        claim.written(writtenBytes + spooledBytes);
        // What is read back for a digest came in too: a large commit must not look stalled.
        const receivedBytes = progress.receivedBytes + digestedBytes;
        context.progress({ doneBytes, totalBytes, writtenBytes, receivedBytes });
      },
      moved: context.moved,
      discard: () => options.store.remove(key),
    },
  );
  // Wakes whatever the thread is at; the promises below then reject with its answer.
  const abort = () => void thread.stop(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await context.phase('capturing', `Reading memory by ${plan.method}: ${plan.reason}`);
    const outcome = await hypervisor.capture(plan, thread.reader, signal);
    await context.phase('finishing', 'Completing the artifact');
    signal.throwIfAborted();
    const manifest = await thread.finish(
      {
        id: operation.id,
        host: hypervisor.host,
        machineId: machine.id,
        machineName: machine.name,
        vmid: machine.vmid ?? machine.id,
        demo: hypervisor.kind === 'demo',
        actor: operation.actor,
        method: plan.method,
        methodReason: plan.reason,
        format: request.format,
        compression: request.compression,
        guestPauseMs: outcome.guestPauseMs,
        startedAtMs: operation.startedAtMs ?? operation.createdAtMs,
        capturedAtMs: outcome.capturedAtMs,
      },
      performance.now() - begunMs,
    );
    return completed(manifest);
  } catch (error) {
    await thread.stop(
      error instanceof MemoirError ? error : new MemoirError('INTERNAL', String(error), { cause: error }),
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The configured limits are for machines of up to so much memory; larger ones have proportionally more time. */
const limitedBytes = 64 * 2 ** 30;

export function limitsFor(memoryBytes: number, { stallTimeoutMs, timeoutMs }: TimeLimits): TimeLimits {
  const factor = Math.max(1, memoryBytes / limitedBytes);
  return { stallTimeoutMs: Math.ceil(stallTimeoutMs * factor), timeoutMs: Math.ceil(timeoutMs * factor) };
}

function completed(manifest: Manifest): RunOutcome<DumpResult> {
  const { sizeBytes, rawSizeBytes, guestPauseMs, warnings = [] } = manifest;
  const pause = guestPauseMs === null ? '' : `, guest paused for ${guestPauseMs.toFixed(1)} ms`;
  return {
    result: toResult(manifest),
    durationMs: manifest.durationSec * 1000,
    message: [`Captured ${sizeText(rawSizeBytes)} into ${sizeText(sizeBytes)}${pause}`, ...warnings].join('. '),
    effects: [appendRecord.of(toRecord(manifest))],
  };
}

/** A size as a person reads it. */
function sizeText(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return gibibytes >= 1 ? `${gibibytes.toFixed(2)} GiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** As long as there is an artifact, there is someone to download, verify or delete it. */
async function withArtifact(
  operations: readonly Operation[],
  records: Pick<DumpRecords, 'get'>,
): Promise<ReadonlySet<string>> {
  const found = await records.get(operations.map(({ id }) => id));
  return new Set(found.flatMap((record) => (record === null || record.state === 'DELETED' ? [] : [record.id])));
}

/** A server died during the run. What it had committed is a dump; anything less is removed. */
async function recover(
  operation: Operation,
  request: DumpRequest,
  store: ArtifactStore,
): Promise<Recovery<DumpResult>> {
  const key = artifactKeyOf(operation, request);
  const [artifact, manifest] = [await store.find(key), readManifest(await store.manifest(key))];
  if (artifact !== null && manifest?.id === operation.id && manifest.sizeBytes === artifact.sizeBytes) {
    return { action: 'COMPLETE', ...completed(manifest) };
  }
  await store.remove(key);
  return { action: 'FAIL' };
}
