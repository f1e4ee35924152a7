import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { MemoirError } from '../../domain/memoir-error.ts';

export interface HostRule {
  /** Names by which the server may be called, without a port. */
  readonly allowedHosts: readonly string[];
}

/**
 * Refuses a request for a name that is not this server's: a page of an attacker whose name suddenly points to this machine
 * (DNS rebinding) is the same origin as itself, and only this header tells that it is not ours. An address in place of a name
 * cannot be rebound.
 */
export function checkHost(request: IncomingMessage, { allowedHosts }: HostRule): void {
  const name = hostName(request.headers.host);
  if (name !== null) {
    if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return;
    if (allowedHosts.some((allowed) => allowed.toLowerCase() === name)) return;
  }
  throw new MemoirError('FORBIDDEN', 'this server is not called by that name', {
    hint: 'Call it by its address, or name it in ALLOWED_HOSTS.',
  });
}

/** The name of a Host header (RFC 9110 §7.2) without port and brackets; null if it is none. */
export function hostName(header: string | undefined): string | null {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^\s/:@[\]]+))(?::\d{1,5})?$/i.exec(header ?? '') ?? [];
  return (bracketed ?? plain)?.toLowerCase() ?? null;
}
