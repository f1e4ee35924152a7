import { type Deadline, deadline } from '../async/deadline.ts';
import { LibvirtError } from './error.ts';

/** A signal that is aborted at a time limit or with another signal, with a LibvirtError as its reason either way. */
export function connectDeadline(what: string, timeoutMs: number, outer: AbortSignal | undefined): Deadline {
  return deadline({
    ms: timeoutMs,
    late: () => new LibvirtError('TIMEOUT', `${what} took longer than ${timeoutMs} ms`),
    outer,
    ended: (cause) => new LibvirtError('ABORTED', `${what} was aborted`, { cause }),
  });
}
