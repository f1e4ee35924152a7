import { MemoirError } from '../../domain/memoir-error.ts';
import { LibvirtError } from '../../libvirt/error.ts';

/** Codes of the client that are about one request; every other one of its own means that nobody answers. */
const ofRequest: ReadonlySet<string> = new Set(['INVALID_VALUE', 'MONITOR_ERROR', 'REFUSED']);
/** libvirt's own codes that mean the same. */
const away: ReadonlySet<string> = new Set(['NO_CONNECT', 'INVALID_CONN', 'SYSTEM_ERROR:ECONNREFUSED']);

/** Whatever went wrong at libvirt, as an error of ours; `what` says what was being done. */
export function toProviderFailure(error: unknown, what: string): unknown {
  if (!(error instanceof LibvirtError)) return error;
  if (error.code === 'ABORTED' && error.cause !== undefined) return error.cause;
  const hint = error.mend === undefined ? {} : { hint: error.mend };
  const options = { cause: error, details: { libvirt: error.code }, ...hint };
  const isAway = error.number === undefined ? !ofRequest.has(error.code) : away.has(error.code);
  return new MemoirError(isAway ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_REFUSED', `${what}: ${error.message}`, options);
}

export function isLibvirt(error: unknown, ...codes: readonly LibvirtError['code'][]): boolean {
  return error instanceof LibvirtError && codes.includes(error.code);
}
