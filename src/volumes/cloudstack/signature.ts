import { createHmac } from 'node:crypto';

/**
 * CloudStack's signature of a request (Developer's Guide, "Signing API requests"): parameters sorted by name, values encoded, the whole in lower
 * case, HMAC-SHA1 with the secret key, base64.
 */
export function sign(parameters: Readonly<Record<string, string>>, secretKey: string): string {
  const text = Object.entries(parameters)
    .map(([name, value]) => `${name}=${encode(value)}`.toLowerCase())
    .sort((a, b) => (a < b ? -1 : 1))
    .join('&');
  return createHmac('sha1', secretKey).update(text).digest('base64');
}

/** As the server encodes: a blank is %20, and what encodeURIComponent leaves alone but Java's encoder does not is encoded too. */
export function encode(value: string): string {
  return encodeURIComponent(value).replace(/[!'()]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
