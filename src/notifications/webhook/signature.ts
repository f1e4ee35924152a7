import { createHmac, randomBytes } from 'node:crypto';
import type { HookSecrets } from '../hook.ts';

const prefix = 'whsec_';

/** A new secret as Standard Webhooks writes it: 24 to 64 random bytes. */
export const createHookSecret = (): string => `${prefix}${randomBytes(32).toString('base64')}`;

/** The `webhook-signature` header (Standard Webhooks, "Signature scheme"): one signature for each secret that counts. */
export function signatures(
  { secret, previous }: HookSecrets,
  message: { readonly id: string; readonly timestampSec: number; readonly body: string },
  nowMs: number,
): string {
  const secrets = previous !== null && nowMs < previous.untilMs ? [secret, previous.secret] : [secret];
  const { id, timestampSec, body } = message;
  return secrets
    .map((text) => {
      const key = Buffer.from(text.slice(prefix.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestampSec}.${body}`).digest('base64')}`;
    })
    .join(' ');
}
