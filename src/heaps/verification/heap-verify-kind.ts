import { Worker } from 'node:worker_threads';
import { fromErrorShape, MemoirError } from '../../domain/memoir-error.ts';
import type { ModuleReference } from '../../domain/module-reference.ts';
import type { OperationKind, RunContext, RunOutcome } from '../../operations/operation-kind.ts';
import type { HeapCaptures } from '../captures/heap-captures.ts';
import { type HeapVerifyRequest, type HeapVerifyResult, heapVerifyType } from '../operation-types.ts';
import type { HeapVerificationJob, HeapVerificationReport } from './thread.ts';

const stallTimeoutMs = 10 * 60_000;

/** The operation that reads a stored snapshot back. It completes whatever it finds; a damaged one is marked. */
export function createHeapVerifyKind(
  store: ModuleReference,
  captures: Pick<HeapCaptures, 'mark'>,
): OperationKind<HeapVerifyRequest, HeapVerifyResult> {
  return {
    type: heapVerifyType,
    parallel: 1,
    stallTimeoutMs,
    timeoutMs: 0,
    run: (context) => run(context, store, captures),
    // Reading changes nothing, so it can simply be done again.
    recover: async () => ({ action: 'REQUEUE' }),
  };
}

async function run(
  context: RunContext<HeapVerifyRequest>,
  store: ModuleReference,
  captures: Pick<HeapCaptures, 'mark'>,
): Promise<RunOutcome<HeapVerifyResult>> {
  const { captureId, folder, file, ...expected } = context.request;
  await context.phase('verifying', 'Reading the snapshot back');
  context.signal.throwIfAborted();
  const damage = await examineOnThread({ store, key: { folder, file }, expected }, context);
  await captures.mark(captureId, damage === null ? 'AVAILABLE' : 'DAMAGED');
  return {
    result: { captureId, intact: damage === null, damage },
    message: damage === null ? 'Verified: checksum matches' : `The snapshot is damaged: ${damage}`,
  };
}

function examineOnThread(job: HeapVerificationJob, { signal, progress }: RunContext<HeapVerifyRequest>) {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: job });
  const totalBytes = job.expected.sizeBytes + job.expected.rawSizeBytes;
  const result = new Promise<string | null>((resolve, reject) => {
    worker.on('message', (report: HeapVerificationReport) => {
      switch (report.type) {
        case 'PROGRESS':
          return progress({ doneBytes: report.bytes, totalBytes });
        case 'DONE':
          return resolve(report.damage);
        case 'FAILED':
          return reject(fromErrorShape(report.error));
        default:
          return report satisfies never;
      }
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new MemoirError('INTERNAL', 'the verification ended unexpectedly')));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return result.finally(() => worker.terminate());
}
