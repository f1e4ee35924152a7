/** Only this server's own files run in its pages, and nothing frames them. The dashboard's components set inline styles. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Headers of every answer (OWASP secure headers). None about TLS (HSTS, upgrade-insecure-requests): on plain HTTP they would
 * lock browsers out, and who ends TLS in front of this server sets them.
 */
export const securityHeaders = {
  'content-security-policy': contentPolicy,
  // A type is what it is said to be: an answer never becomes a script.
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  // Other origins can neither embed an answer nor share a process with a page.
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/**
 * The page for trying out queries brings its own script inline and the rest from its maker's network, when someone turned it
 * on. It gets a policy of its own, so that the dashboard's stays strict.
 */
export const graphiqlPolicy = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline' https://unpkg.com",
  "style-src 'self' 'unsafe-inline' https://unpkg.com",
  "img-src 'self' data: https:",
  "font-src 'self' data: https://unpkg.com",
  "worker-src 'self' blob:",
  "connect-src 'self' https://unpkg.com",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
