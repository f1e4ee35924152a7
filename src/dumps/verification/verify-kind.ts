import { Worker } from 'node:worker_threads';
import { untilAborted } from '../../async/until-aborted.ts';
import { fromErrorShape, MemoirError } from '../../domain/memoir-error.ts';
import type { ModuleReference } from '../../domain/module-reference.ts';
import type { OperationKind, RunContext, RunOutcome, TimeLimits } from '../../operations/operation-kind.ts';
import { markRecord } from '../../records/record-effects.ts';
import { limitsFor } from '../dump-kind.ts';
import { type VerifyRequest, type VerifyResult, verifyType } from '../operation-types.ts';
import { examinedBytes, type Finding } from './examination.ts';
import type { VerificationJob, VerificationReport } from './thread.ts';

/**
 * The operation that reads an artifact back. It completes whatever it finds: the finding is its result, and a damaged
 * artifact marks the record.
 */
export function createVerifyKind(
  store: ModuleReference,
  limits: TimeLimits,
): OperationKind<VerifyRequest, VerifyResult> {
  return {
    type: verifyType,
    parallel: 1,
    ...limits,
    run: (context) => run(context, store, limits),
    // Reading changes nothing, so it can simply be done again.
    recover: async () => ({ action: 'REQUEUE' }),
  };
}

async function run(
  context: RunContext<VerifyRequest>,
  store: ModuleReference,
  limits: TimeLimits,
): Promise<RunOutcome<VerifyResult>> {
  const { dumpId, result, compression } = context.request;
  const { folder, file, sizeBytes, rawSizeBytes, sha256 } = result;
  await context.phase('verifying', 'Reading the artifact back');
  context.signal.throwIfAborted();
  context.setLimits(limitsFor(rawSizeBytes, limits));
  const expected = { sizeBytes, rawSizeBytes, sha256, compression };
  const { damage, imageSha256 } = await examineOnThread({ store, key: { folder, file }, expected }, context);
  const state = damage === null ? 'AVAILABLE' : 'DAMAGED';
  return {
    result: { dumpId, intact: damage === null, damage, imageSha256 },
    message: damage === null ? 'Verified: checksum matches' : `The artifact is damaged: ${damage}`,
    effects: [markRecord.of({ id: dumpId, state, imageSha256 })],
  };
}

function examineOnThread(job: VerificationJob, { signal, progress }: RunContext<VerifyRequest>): Promise<Finding> {
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
    worker.on('exit', () => reject(new MemoirError('INTERNAL', 'the verification ended unexpectedly')));
  });
  return untilAborted(result, signal).finally(() => worker.terminate());
}
