import { type ErrorCode, errorCatalogue } from '../../domain/error-catalogue.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { FormatError } from '../../formats/format-error.ts';
import { LibvirtError } from '../../libvirt/error.ts';

/** Codes of the libvirt client that mean: nobody answers there, whatever was asked. */
const away: ReadonlySet<string> = new Set([
  'URI_INVALID',
  'URI_UNSUPPORTED',
  'DAEMON_NOT_RUNNING',
  'SOCKET_DENIED',
  'HOST_UNREACHABLE',
  'CERTIFICATE_MISSING',
  'CERTIFICATE_INVALID',
  'CERTIFICATE_REJECTED',
  'SSH_FAILED',
  'AUTH_UNSUPPORTED',
  'AUTH_FAILED',
  'AUTH_CANCELLED',
  'AUTH_UNAVAILABLE',
  'CONNECTION_LOST',
  'PROTOCOL',
  'DAEMON_SILENT',
  'NOT_CONNECTED',
  'CLOSED',
  'TIMEOUT',
  'BUSY',
  'NO_CONNECT',
  'INVALID_CONN',
]);

/**
 * Whatever went wrong at the hypervisor, as an error of ours: the one place where libvirt's codes become Memoir's. `what`
 * says what was being done; `gone` is what it means that the domain does not exist (any more).
 */
export function toFailure(error: unknown, what: string, gone: ErrorCode = 'GUEST_GONE'): MemoirError {
  if (error instanceof MemoirError) return error;
  if (error instanceof FormatError) return streamFailure(error, what);
  if (!(error instanceof LibvirtError)) {
    return new MemoirError('INTERNAL', `${what}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  if (error.code === 'ABORTED' && error.cause instanceof MemoirError) return error.cause;
  const code = codeOf(error, gone);
  return new MemoirError(code, `${what}: ${error.message}`, {
    cause: error,
    hint: error.mend ?? errorCatalogue[code].mend,
    details: { libvirt: error.code },
  });
}

/** Bytes that are not understood; the text names section and offset. */
function streamFailure(error: FormatError, what: string): MemoirError {
  return new MemoirError('STREAM_INVALID', `${what}: ${error.message}`, {
    cause: error,
    details: { fault: error.fault, offset: error.offset },
  });
}

/** Whether nobody answers at the hypervisor; then nothing is known of what was asked. */
export function isAway(error: unknown): boolean {
  return error instanceof LibvirtError && away.has(error.code);
}

function codeOf(error: LibvirtError, gone: ErrorCode): ErrorCode {
  if (away.has(error.code)) return 'HYPERVISOR_UNAVAILABLE';
  if (error.code === 'NO_DOMAIN') return gone;
  return 'HYPERVISOR_REFUSED';
}

/** Whether the domain does not exist (any more). Of one that is there and does not run, libvirt says OPERATION_INVALID, as of much else. */
export function isGone(error: unknown): boolean {
  return error instanceof LibvirtError && error.code === 'NO_DOMAIN';
}
