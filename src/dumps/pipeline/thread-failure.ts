import { MemoirError } from '../../domain/memoir-error.ts';
import { codeOf, messageOf } from '../../domain/thrown.ts';

/** Node's codes for a machine that gives no more, when a file is opened, a module loaded or a thread started. */
const exhausted: ReadonlySet<unknown> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EAGAIN',
  // Node's code for a package.json that cannot be read: of ours it is the descriptor that is missing.
  'ERR_INVALID_PACKAGE_CONFIG',
  'ERR_WORKER_INIT_FAILED',
  'ERR_WORKER_OUT_OF_MEMORY',
]);

/** Why a capture's thread could not do its work. That the machine gives no more is no mistake of ours, and can be helped. */
export function threadFailure(cause: unknown): MemoirError {
  if (cause instanceof MemoirError) return cause;
  const message = messageOf(cause);
  if (!exhausted.has(codeOf(cause)))
    return new MemoirError('INTERNAL', `the capture’s thread failed: ${message}`, { cause });
  return new MemoirError('CAPTURE_FAILED', `the capture’s thread cannot work: ${message}`, {
    cause,
    hint: 'The server has no file descriptors or no memory left: raise LimitNOFILE, or take fewer dumps at once.',
  });
}
