import type { ErrorCode } from '../domain/error-catalogue.ts';

/** What scripts can tell from the end of a command. */
export const exitCodes = {
  done: 0,
  /** The server answered, and something of what was asked for was refused or failed. */
  failed: 1,
  /** The command itself makes no sense, or the configuration does not. */
  usage: 2,
  /** The server does not respond. */
  unreachable: 3,
  /** A token is missing or does not allow it. */
  denied: 4,
  /** The person left (Ctrl-C) before what was waited for had ended: 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export function exitCodeOf(code: ErrorCode): ExitCode {
  if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') return exitCodes.denied;
  return code === 'BAD_INPUT' || code === 'CONFIG_INVALID' ? exitCodes.usage : exitCodes.failed;
}
