import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { HookSecrets } from '../hook.ts';
import { type AddressRules, checkAddress, resolveAddress } from './address-guard.ts';
import { signatures } from './signature.ts';

/** What became of one attempt. */
export interface Attempt {
  readonly delivered: boolean;
  /** The receiver's status; null where there was no answer. */
  readonly status: number | null;
  readonly error: string | null;
  /** The receiver is gone for good (410): nothing more is to be sent to it. */
  readonly isGone: boolean;
  /** How long the receiver asks to wait; null if it does not. */
  readonly retryAfterMs: number | null;
}

export interface WebhookSender {
  /** One request; never rejects. Redirects are not followed: where they lead nobody has looked at. */
  send(webhook: Webhook, signal: AbortSignal): Promise<Attempt>;
}

export interface Webhook {
  readonly url: string;
  readonly id: string;
  readonly body: string;
  readonly secrets: HookSecrets;
}

export interface WebhookSenderOptions extends AddressRules {
  readonly version: string;
  /** For the whole request, the answer's headers included. */
  readonly timeoutMs?: number;
  readonly resolve?: Parameters<typeof resolveAddress>[2];
  /** Further authorities that tests trust. */
  readonly ca?: string;
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const { version, timeoutMs = 15_000, resolve, ca } = options;

  async function attempt({ url: text, id, body, secrets }: Webhook, signal: AbortSignal): Promise<Attempt> {
    const url = checkAddress(text, options);
    const { address, family } = await resolveAddress(url, options, resolve);
    const timestampSec = Math.floor(Date.now() / 1000);
    const isTls = url.protocol === 'https:';
    const answer = Promise.withResolvers<{ status: number; retryAfter: string | undefined }>();
    const request = (isTls ? requestHttps : requestHttp)(
      {
        host: address,
        family,
        port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        // Not shared: a connection of before would go where the name led before.
        agent: false,
        servername: isTls && url.hostname !== address ? url.hostname.replace(/^\[|\]$/g, '') : undefined,
        ca,
        signal,
        headers: {
          host: url.host,
          'user-agent': `Memoir/${version}`,
          'content-type': 'application/cloudevents+json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
          'webhook-id': id,
          'webhook-timestamp': String(timestampSec),
          'webhook-signature': signatures(secrets, { id, timestampSec, body }, Date.now()),
        },
      },
      (response) => {
        answer.resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
        // What it says beyond its status is of no interest, however much it is.
        response.destroy();
      },
    );
    request.on('error', answer.reject);
    request.end(body);
    const { status, retryAfter } = await answer.promise;
    const delivered = status >= 200 && status < 300;
    const redirects = status >= 300 && status < 400 ? '; redirects are not followed' : '';
    return {
      delivered,
      status,
      error: delivered ? null : `the receiver answered ${status}${redirects}`,
      isGone: status === 410,
      retryAfterMs: retryAfterMs(retryAfter),
    };
  }

  return {
    async send(webhook, outer) {
      const late = AbortSignal.timeout(timeoutMs);
      try {
        return await attempt(webhook, AbortSignal.any([outer, late]));
      } catch (error) {
        const reason = late.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
        return { delivered: false, status: null, error: reason, isGone: false, retryAfterMs: null };
      }
    },
  };
}

/** Node's own words, which name the address and the system's code. */
function reasonOf(error: unknown): string {
  if (error instanceof MemoirError) return error.message;
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
