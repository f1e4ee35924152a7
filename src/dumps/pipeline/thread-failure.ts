import { MemoirError } from '../../domain/memoir-error.ts';

/** How Node says, when it starts a thread or loads a module, that the machine gives it no more. */
const exhausted = /EMFILE|ENFILE|ENOMEM|EAGAIN|too many open files/;

/** Why a capture's thread could not do its work. That the machine gives no more is no mistake of ours, and can be helped. */
export function threadFailure(cause: unknown): MemoirError {
  if (cause instanceof MemoirError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (!exhausted.test(message))
    return new MemoirError('INTERNAL', `the capture’s thread failed: ${message}`, { cause });
  return new MemoirError('CAPTURE_FAILED', `the capture’s thread cannot work: ${message}`, {
    cause,
    hint: 'The server has no file descriptors or no memory left: raise LimitNOFILE, or take fewer dumps at once.',
  });
}
