import type { IncomingHttpHeaders } from 'node:http';

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1). Never taken from a URL: those end up in logs. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(authorization ?? '')?.[1];
}

/**
 * The token that a WebSocket shows: in `connectionParams`, because browsers cannot set headers on an upgrade, or in the
 * upgrade's own header, because scripts can.
 */
export function socketToken(
  params: Readonly<Record<string, unknown>> | undefined,
  headers: IncomingHttpHeaders,
): string | undefined {
  const { token, authorization, Authorization } = params ?? {};
  if (typeof token === 'string') return token;
  const header = authorization ?? Authorization ?? headers.authorization;
  return typeof header === 'string' ? bearerToken(header) : undefined;
}
