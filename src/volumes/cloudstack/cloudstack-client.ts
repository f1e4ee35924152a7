import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { MemoirError } from '../../domain/memoir-error.ts';
import { isOwnHost } from '../../domain/own-host.ts';
import { encode, sign } from './signature.ts';

export interface CloudstackAddress {
  /** `https://cloud.example/client/api`; http for this host alone. */
  readonly url: string;
  readonly apiKey: string;
  readonly secretKey: string;
}

export interface CloudstackTimes {
  readonly requestMs?: number;
  /** How often a job is asked for, and how long it may take. */
  readonly pollMs?: number;
  readonly jobMs?: number;
  /** The pause after the first refusal for haste; it doubles. */
  readonly throttleMs?: number;
}

export interface JobResult {
  readonly status: 'DONE' | 'VANISHED';
}

/** CloudStack's refusal of a request or a job, with its own code. */
export class CloudstackRefusal extends Error {
  override readonly name = 'CloudstackRefusal';
  readonly errorCode: number;
  constructor(errorCode: number, text: string) {
    super(text);
    this.errorCode = errorCode;
  }
}

/** "Too many requests": 429 by HTTP, 535 in older answers. */
const throttled = new Set([429, 535]);
const throttleTries = 6;
/** A request is worth nothing to whoever records it after this time. */
const expiresMs = 600_000;
const maxAnswerBytes = 16 << 20;

/** Requests to CloudStack. Keys go into the body of a POST, so that no proxy logs them, and are in no error that comes from here. */
export function createCloudstackClient({ url, apiKey, secretKey }: CloudstackAddress, times: CloudstackTimes = {}) {
  const { requestMs = 30_000, pollMs = 1_000, jobMs = 300_000, throttleMs = 500 } = times;
  const address = checkAddress(url);
  // CloudStack signs text in lower case, and its errors may show what it signed.
  const shownAs = [apiKey, secretKey].flatMap((key) => (key === '' ? [] : [key, encode(key)])).map(escapeRegExp);
  const secrets = new RegExp([...shownAs, 'signature=[^&\\s]*'].join('|'), 'giu');
  const clean = (text: string): string => text.replaceAll(secrets, '…');

  async function once(command: string, parameters: Readonly<Record<string, string>>, signal: AbortSignal) {
    const expires = `${new Date(Date.now() + expiresMs).toISOString().slice(0, 19)}+0000`;
    const all = { ...parameters, command, apiKey, response: 'json', signatureVersion: '3', expires };
    const signature = sign(all, secretKey);
    const body = Object.entries({ ...all, signature })
      .map(([name, value]) => `${name}=${encode(value)}`)
      .join('&');
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(requestMs)]);
    try {
      const answer = await fetch(address, { method: 'POST', headers, body, signal: limit, redirect: 'error' });
      return { status: answer.status, text: await bodyOf(answer) };
    } catch (cause) {
      signal.throwIfAborted();
      const reason = clean(cause instanceof Error ? cause.message : String(cause));
      throw new MemoirError('PROVIDER_UNAVAILABLE', `CloudStack does not answer ${command}: ${reason}`);
    }
  }

  /** The object inside of the answer's one member. CloudstackRefusal with CloudStack's code, if it refuses. */
  async function call(command: string, parameters: Readonly<Record<string, string>>, signal: AbortSignal) {
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      const { status, text } = await once(command, parameters, signal);
      const answer = parse(text);
      const code = Number(answer?.errorcode ?? (status >= 400 ? status : 0));
      if (throttled.has(code) && attempt < throttleTries) {
        await sleep(throttleMs * 2 ** attempt, undefined, { signal }).catch(() => signal.throwIfAborted());
        continue;
      }
      if (throttled.has(code)) throw new MemoirError('PROVIDER_UNAVAILABLE', 'CloudStack is asked too often');
      if (code !== 0) throw new CloudstackRefusal(code, clean(String(answer?.errortext ?? `HTTP ${status}`)));
      if (answer === null) throw new MemoirError('PROVIDER_REFUSED', `CloudStack's answer to ${command} is not JSON`);
      return answer;
    }
  }

  /** Starts a job and waits for its end. Jobs are forgotten after a while: VANISHED says that nobody knows how it ended. */
  async function job(
    command: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<JobResult> {
    const { jobid } = await call(command, parameters, signal);
    if (typeof jobid !== 'string')
      throw new MemoirError('PROVIDER_REFUSED', `CloudStack started no job for ${command}`);
    const endsAtMs = performance.now() + jobMs;
    for (;;) {
      const found = await call('queryAsyncJobResult', { jobid }, signal).catch((error: unknown) => {
        // 431, "unable to find a job", and 530 from versions that fail on it.
        if (error instanceof CloudstackRefusal && [431, 530].includes(error.errorCode)) return null;
        throw error;
      });
      if (found === null) return { status: 'VANISHED' };
      if (found.jobstatus === 1) return { status: 'DONE' };
      if (found.jobstatus === 2) {
        const { errorcode, errortext } = jobFailure.parse(found.jobresult);
        throw new CloudstackRefusal(
          Number(errorcode ?? found.jobresultcode ?? 530),
          clean(String(errortext ?? 'the job failed')),
        );
      }
      if (performance.now() >= endsAtMs) return { status: 'VANISHED' };
      await sleep(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  return { call, job, pollMs, jobMs };
}

export type CloudstackClient = ReturnType<typeof createCloudstackClient>;

function checkAddress(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol))
    throw new MemoirError(
      'CONFIG_INVALID',
      'CLOUDSTACK_URL is not an address such as https://cloud.example/client/api',
    );
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '')
    throw new MemoirError(
      'CONFIG_INVALID',
      'CLOUDSTACK_URL holds a name, a password or a query: keys have variables of their own',
    );
  if (parsed.protocol === 'http:' && !isOwnHost(parsed.hostname))
    throw new MemoirError(
      'CONFIG_INVALID',
      'CLOUDSTACK_URL has to begin with https: keys and volumes would be readable on the way',
    );
  return parsed.href;
}

const escapeRegExp = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9]/g, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);

/** What goes on beyond the limit is not waited for. */
async function bodyOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const answered = z.record(z.string(), z.unknown());
/** Whatever else it may be, it is a failure. */
const jobFailure = z.object({ errorcode: z.number().optional(), errortext: z.string().optional() }).catch({});

function parse(text: string): Record<string, unknown> | null {
  try {
    return answered.parse(Object.values(JSON.parse(text))[0]);
  } catch {
    return null;
  }
}
