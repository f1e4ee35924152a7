import type { IncomingMessage } from 'node:http';
import { MemoirError } from '../../domain/memoir-error.ts';
import { decodedPath, isOfMachines } from '../path.ts';

export interface OriginRule {
  /** Foreign pages that may use this server, as `https://name:port`. */
  readonly allowedOrigins: readonly string[];
}

/**
 * Refuses what a foreign page sends. Browsers say where a request comes from and scripts cannot lie about it; other clients
 * say nothing, and are let through to show their token. Decides for HTTP and for the WebSocket's upgrade, which no CORS
 * check of a browser protects (cross-site WebSocket hijacking). The Host header is known to be ours by now.
 */
export function checkOrigin(request: IncomingMessage, rule: OriginRule): void {
  const { origin, host } = request.headers;
  if (origin !== undefined) {
    // Behind a proxy that ends TLS, the page is https and this server is not.
    if (origin === `http://${host}` || origin === `https://${host}` || isAllowed(origin, rule)) return;
    throw foreign();
  }
  // Fetch metadata: a cross-site request without an Origin is a link, an image, a script tag. Following a link to a page is fine.
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  const path = decodedPath(request.url);
  const isVisit = mode === 'navigate' && request.method === 'GET' && path !== null && !isOfMachines(path);
  if (site === 'cross-site' && !isVisit) throw foreign();
}

export function isAllowed(origin: string | undefined, { allowedOrigins }: OriginRule): origin is string {
  return origin !== undefined && allowedOrigins.includes(origin);
}

const foreign = () =>
  new MemoirError('FORBIDDEN', 'this request comes from a page of another site', {
    hint: 'If that page is yours, name its origin in ALLOWED_ORIGINS.',
  });
