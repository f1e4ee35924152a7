import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MemoirError } from '../../domain/memoir-error.ts';
import { messageOf } from '../../domain/thrown.ts';
import type { Console } from '../console.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { CliCancelHeapCaptureDocument, CliCaptureHeapDocument } from '../generated/graphql.ts';
import { followCapture } from '../heap/heap-progress.ts';
import { referenceOf } from '../heap/place.ts';
import { plain } from '../text.ts';

export interface MemwatchOptions {
  readonly containerId: string;
  /** Minutes between the two snapshots. */
  readonly timeframe: number;
  readonly strategy: string;
  readonly serviceName?: string;
  readonly dashboardUrl?: string;
  readonly namespace?: string;
}

interface Server {
  readonly url: string;
  /** What the dashboard is shown. */
  readonly token: string | null;
  readonly sessionId: string | null;
}

/** The old tool's words for where it went wrong. */
const failures = {
  before: '❌ Failed during initial snapshot capture',
  wait: '❌ Interrupted during wait period',
  after: '❌ Failed during final snapshot capture',
  upload: '❌ Failed during dashboard upload',
} as const;

/** Captures the service in a container before and after a wait, keeps both files here, and uploads them to the dashboard. */
export async function memwatchCapture(console: Console, server: Server, options: MemwatchOptions): Promise<ExitCode> {
  const { containerId, timeframe, strategy, serviceName = containerId, dashboardUrl, namespace } = options;
  if (!(timeframe >= 0)) throw new MemoirError('BAD_INPUT', '--timeframe is a number of minutes');
  if (strategy !== 'docker' && strategy !== 'k8s') {
    throw new MemoirError('BAD_INPUT', `the strategy ${JSON.stringify(strategy)} is not supported`, {
      hint: 'Use --strategy docker, or --strategy k8s with the pod as --container-id.',
    });
  }
  // A pod and its container are named with a slash, which no file has.
  const name = containerId.replaceAll('/', '_');
  const session = server.sessionId ?? `session_${name}_${Date.now()}`;
  const fail = (phase: keyof typeof failures, why: string): ExitCode => {
    console.tell(`Capture failed: ${plain(why)}\n${failures[phase]}\n`);
    return exitCodes.failed;
  };

  const input = {
    target: referenceOf(containerId, { strategy, ...(namespace === undefined ? {} : { namespace }) }),
    service: serviceName,
    waitsSec: [timeframe * 60],
    force: false,
    thread: null,
    redact: null,
    idempotencyKey: null,
  };
  let id: string;
  try {
    const started = (await console.client.ask(CliCaptureHeapDocument, { input })).captureHeap;
    id = started.operation.id;
  } catch (error) {
    return fail('before', messageOf(error));
  }
  console.tell(`⏱️  Waiting ${timeframe} minutes before taking after snapshot...\n`);
  const operation = await followCapture(console, id, (left) => `⏳ ${(left / 60).toFixed(1)} minutes remaining...`);
  if (console.signal.aborted) {
    await console.client.ask(CliCancelHeapCaptureDocument, { id }).catch(() => undefined);
    return fail('wait', 'interrupted');
  }
  const captures = operation != null && 'captures' in operation ? operation.captures : [];
  const error = operation?.error ?? null;

  const files: { phase: 'before' | 'after'; path: string; takenAt: string }[] = [];
  for (const [index, capture] of captures.entries()) {
    const phase = index === 0 ? 'before' : 'after';
    const time = new Date(capture.takenAt).toISOString();
    const folder = join('snapshots', name);
    const path = join(folder, `${session}_${phase}_${time.replace(/[:.]/g, '-')}.heapsnapshot`);
    await mkdir(folder, { recursive: true });
    await fetchSnapshot(server.url, capture.id, path, console.signal);
    console.out(`${path}\n`);
    files.push({ phase, path, takenAt: time });
  }
  if (error !== null) return fail(captures.length === 0 ? 'before' : 'after', error.message);
  if (dashboardUrl === undefined) return exitCodes.done;
  try {
    for (const { phase, path, takenAt } of files) {
      const query = new URLSearchParams({ service: serviceName, container: containerId, session, phase, takenAt });
      const upload: RequestInit & { readonly duplex: 'half' } = {
        method: 'POST',
        headers: {
          'content-type': 'application/octet-stream',
          ...(server.token === null ? {} : { authorization: `Bearer ${server.token}` }),
        },
        // The same class, which the libraries of types describe each in its own way.
        body: Readable.toWeb(createReadStream(path)) as never,
        duplex: 'half',
        signal: console.signal,
      };
      const answer = await fetch(new URL(`/api/heaps?${query}`, dashboardUrl), upload);
      if (!answer.ok) throw new Error(`the dashboard answers with status ${answer.status}`);
      await answer.body?.cancel();
    }
  } catch (cause) {
    return fail('upload', messageOf(cause));
  }
  console.tell(`Uploaded both to ${dashboardUrl}\n`);
  return exitCodes.done;
}

async function fetchSnapshot(url: string, id: string, path: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(new URL(`/api/heaps/${id}/snapshot`, url), { signal });
  if (!answer.ok || answer.body === null) throw new MemoirError('STORAGE_FAILED', 'the snapshot could not be read');
  try {
    await pipeline(answer.body, createWriteStream(path, { mode: 0o600 }));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
