import { Worker } from 'node:worker_threads';
import { fromErrorShape, MemoirError } from '../../domain/memoir-error.ts';
import type { ModuleReference } from '../../domain/module-reference.ts';
import type { OperationKind, RunContext, RunOutcome, TimeLimits } from '../../operations/operation-kind.ts';
import { limitsFor, recordEffects } from '../dump-kind.ts';
import type { Compression, DumpResult } from '../dump-request.ts';
import { verifyKind } from '../dumps.ts';
import { examinedBytes, type Finding } from './examination.ts';
import type { VerificationJob, VerificationReport } from './thread.ts';

/** What the journal keeps of the wish to verify. */
export type VerifyRequest = { readonly dumpId: string; readonly result: DumpResult; readonly compression: Compression };

/**
 * The operation that reads an artifact back. It completes whatever it finds: the finding is its result, and a damaged
 * artifact marks the record.
 */
export function createVerifyKind(store: ModuleReference, limits: TimeLimits): OperationKind {
  return {
    kind: verifyKind,
    parallel: 1,
    ...limits,
    run: (context) => run(context, store, limits),
    // Reading changes nothing, so it can simply be done again.
    recover: async () => ({ action: 'REQUEUE' }),
  };
}

async function run(context: RunContext, store: ModuleReference, limits: TimeLimits): Promise<RunOutcome> {
  const { dumpId, result, compression } = context.operation.request as VerifyRequest;
  const { folder, file, sizeBytes, rawSizeBytes, sha256 } = result;
  await context.phase('verifying', 'Reading the artifact back');
  context.signal.throwIfAborted();
  context.setLimits(limitsFor(rawSizeBytes, limits));
  const expected = { sizeBytes, rawSizeBytes, sha256, compression };
  const { damage, imageSha256 } = await examineOnThread({ store, key: { folder, file }, expected }, context);
  const state = damage === null ? 'AVAILABLE' : 'DAMAGED';
  return {
    result: { dumpId, intact: damage === null, damage, imageSha256 },
    message: damage === null ? 'The artifact is what was written' : `The artifact is damaged: ${damage}`,
    effects: [{ type: recordEffects.mark, payload: { id: dumpId, state } }],
  };
}

function examineOnThread(job: VerificationJob, { signal, progress }: RunContext): Promise<Finding> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: job });
  const totalBytes = examinedBytes(job.expected);
  const result = new Promise<Finding>((resolve, reject) => {
    worker.on('message', (report: VerificationReport) => {
      switch (report.type) {
        case 'PROGRESS':
          return progress({ doneBytes: report.bytes, totalBytes });
        case 'DONE':
          return resolve(report.finding);
        case 'FAILED':
          return reject(fromErrorShape(report.error));
        default:
          return report satisfies never;
      }
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new MemoirError('INTERNAL', 'the verification ended without a word')));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return result.finally(() => worker.terminate());
}
