import { setTimeout as sleep } from 'node:timers/promises';
import { isMemoirError, MemoirError } from '../domain/memoir-error.ts';
import type { OperationKind, RunContext, RunOutcome } from '../operations/operation-kind.ts';
import type { ArtifactStore } from '../storage/artifact-store.ts';
import { captureFile, type HeapCapture } from './captures/heap-capture.ts';
import type { HeapCaptures } from './captures/heap-captures.ts';
import { SnapshotWriter } from './captures/snapshot-writer.ts';
import { type HeapSession, openHeapSession } from './heap-session.ts';
import type { Ending, HeapTarget, HeapTargets, TargetKind } from './heap-target.ts';
import { type HeapCaptureRequest, type HeapCaptureResult, heapCaptureType } from './operation-types.ts';
import { type Preflight, preflight } from './preflight.ts';

export interface HeapCaptureKindOptions {
  readonly targets: ReadonlyMap<TargetKind, HeapTargets>;
  readonly store: ArtifactStore;
  readonly captures: HeapCaptures;
  readonly host: string;
  readonly now?: () => number;
}

/** A snapshot that makes no progress at all for so long has failed; V8 says nothing while it collects garbage first. */
const stallTimeoutMs = 10 * 60_000;
const tickMs = 1000;

/**
 * Captures the heap of one process, once or several times with waits in between, in one inspector session. What was
 * committed stays, also when a later snapshot fails, the wait is cancelled, or the server ends.
 */
export function createHeapCaptureKind(
  options: HeapCaptureKindOptions,
): OperationKind<HeapCaptureRequest, HeapCaptureResult> {
  return {
    type: heapCaptureType,
    parallel: 4,
    stallTimeoutMs,
    timeoutMs: 0,
    run: (context) => new CaptureRun(context, options).run(),
    async recover(operation) {
      const kept = await options.captures.ofSession(operation.id);
      // The target closes its inspector by itself when its lease is not renewed; nothing is to be undone here.
      const message = kept.length === 0 ? undefined : `The server ended meanwhile; ${plural(kept.length)} kept`;
      return { action: 'FAIL', ...(message === undefined ? {} : { message }) };
    },
  };
}

const plural = (count: number): string => `${count} snapshot${count === 1 ? ' is' : 's are'}`;

/** A process whose inspector is open. */
interface OpenTarget {
  readonly target: HeapTarget;
  readonly session: HeapSession;
}

class CaptureRun {
  readonly #context: RunContext<HeapCaptureRequest>;
  readonly #options: HeapCaptureKindOptions;
  readonly #targets: HeapTargets;
  readonly #now: () => number;
  readonly #taken: HeapCapture[] = [];
  #session: HeapSession | null = null;
  #sessions = 0;
  #reason: string | null = null;

  constructor(context: RunContext<HeapCaptureRequest>, options: HeapCaptureKindOptions) {
    this.#context = context;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const targets = options.targets.get(context.request.targetKind);
    if (targets === undefined) {
      throw new MemoirError('NOT_CONFIGURED', `this server does not reach ${context.request.targetKind} targets`);
    }
    this.#targets = targets;
  }

  async run(): Promise<RunOutcome<HeapCaptureResult>> {
    const { request } = this.#context;
    try {
      let open = await this.#open(request.target);
      await this.#capture(open);
      for (const waitMs of request.waitsMs) {
        await this.#wait(waitMs);
        open = await this.#again(open);
      }
      const captures = this.#taken.map(({ id }) => id);
      const bytes = this.#taken.reduce((sum, { rawSizeBytes }) => sum + rawSizeBytes, 0);
      const what = captures.length === 1 ? 'a heap snapshot' : `${captures.length} heap snapshots`;
      const suffix = this.#reason === null ? '' : `, comparable by class only: ${this.#reason}`;
      return {
        result: { captures, comparedBy: this.#reason === null ? 'IDENTITY' : 'CLASS', reason: this.#reason },
        message: `Captured ${what}, ${(bytes / 1e6).toFixed(1)} MB${suffix}`,
      };
    } finally {
      await this.#session?.close();
    }
  }

  async #open(reference: string): Promise<OpenTarget> {
    const { signal } = this.#context;
    await this.#context.phase('connecting', 'Opening the inspector of the process');
    const target = await this.#targets.find(reference, signal);
    const session = await openHeapSession(await this.#targets.wake(target, signal), signal);
    this.#session = session;
    this.#sessions++;
    return { target, session };
  }

  /** The next snapshot of a series; if the process was replaced meanwhile, of its successor, which is answered then. */
  async #again(open: OpenTarget): Promise<OpenTarget> {
    try {
      await this.#capture(open);
      return open;
    } catch (error) {
      if (!isMemoirError(error, 'TARGET_GONE')) throw error;
      await open.session.close();
      this.#session = null;
      const { targetKind, target, service } = this.#context.request;
      // A pid is gone with its process; a service's name or a container may still lead to the one that follows it.
      const reference = targetKind === 'process' ? service : target.split(':').slice(0, 2).join(':');
      const next = await this.#open(reference).catch((cause) => {
        throw isMemoirError(cause, 'NOT_FOUND') ? error : cause;
      });
      this.#reason =
        next.session.identity === open.session.identity
          ? 'the inspector session was lost in between, and objects have new ids'
          : 'the process was restarted in between';
      await this.#capture(next);
      return next;
    }
  }

  async #capture({ session, target }: OpenTarget): Promise<void> {
    const { request, signal, operation } = this.#context;
    const index = this.#taken.length;
    const memory = await session.memory(signal);
    const forecast = preflight(memory);
    if (!forecast.enough && !request.force) throw refusal(forecast);
    const takenAtMs = this.#now();
    const id = `${operation.id}-${index}`;
    const file = captureFile(id, takenAtMs);
    const writer = await SnapshotWriter.begin(
      this.#options.store,
      { folder: operation.id, file },
      forecast.expectedSizeBytes,
      request.redact,
    );
    try {
      const stall = `The process does not respond for about ${(forecast.expectedStallMs / 1000).toFixed(1)} s`;
      await this.#context.phase('capturing', `Taking snapshot ${index + 1}. ${stall}`);
      const begun = performance.now();
      await session
        .snapshot({
          ...(request.thread === null ? {} : { thread: request.thread }),
          signal,
          sink: (chunk) => {
            const full = writer.push(chunk);
            const doneBytes = writer.receivedBytes;
            this.#context.progress({ doneBytes, totalBytes: null, receivedBytes: doneBytes });
            return full;
          },
          progress: () => this.#context.moved(),
        })
        .catch(async (error) => {
          throw isMemoirError(error, 'TARGET_GONE') ? whatHappened(error, forecast, await session.ending()) : error;
        });
      const stallMs = Math.round(performance.now() - begun);
      await this.#context.phase('finishing', 'Completing the file');
      const { usedHeapBytes, rssBytes, externalBytes, arrayBuffersBytes } = memory;
      const capture = await writer.commit(
        {
          id,
          sessionId: operation.id,
          index,
          service: request.service,
          targetId: target.id,
          targetKind: target.kind,
          container: target.container,
          thread: request.thread,
          nodeVersion: memory.nodeVersion,
          identity: `${operation.id}:${this.#sessions}:${session.identity}`,
          actor: operation.actor,
          host: this.#options.host,
          takenAtMs,
          stallMs,
          memory: { usedHeapBytes, rssBytes, externalBytes, arrayBuffersBytes },
          redacted: request.redact,
          folder: operation.id,
          file,
        },
        signal,
      );
      await this.#options.captures.add(capture);
      this.#taken.push(capture);
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  /** Waits with a sign of life each second; `progress` counts milliseconds, so that the time left can be told. */
  async #wait(waitMs: number): Promise<void> {
    const { signal } = this.#context;
    this.#context.progress({ doneBytes: 0, totalBytes: Math.round(waitMs) });
    await this.#context.phase('waiting', `Waiting ${waitText(waitMs)} before the next snapshot`);
    const begun = performance.now();
    for (let elapsed = 0; elapsed < waitMs; elapsed = performance.now() - begun) {
      this.#context.progress({ doneBytes: Math.round(elapsed), totalBytes: Math.round(waitMs) });
      this.#context.moved();
      await sleep(Math.min(tickMs, waitMs - elapsed), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

const waitText = (ms: number): string =>
  ms < 60_000 ? `${Math.round(ms / 1000)} seconds` : `${Number((ms / 60_000).toFixed(1))} minutes`;

function refusal(forecast: Preflight): MemoirError {
  const { neededBytes, availableBytes } = forecast;
  const [why = 'the process has too little memory for a snapshot'] = forecast.warnings;
  return new MemoirError('TARGET_MEMORY', why, {
    details: { neededBytes, availableBytes, limitedBy: forecast.limitedBy },
  });
}

/** The connection was lost in the middle of a snapshot: what became of the process, and with the figures where memory was the reason. */
function whatHappened(error: MemoirError, forecast: Preflight, { how, exitCode }: Ending): MemoirError {
  const { neededBytes, availableBytes } = forecast;
  const details = { neededBytes, availableBytes, exitCode };
  const options = { cause: error, details };
  const code = exitCode === null ? '' : ` (exit code ${exitCode})`;
  const warned = forecast.enough ? '' : `, as was to be feared: ${forecast.warnings[0]}`;
  if (how === 'OUT_OF_MEMORY') {
    const text = `the kernel killed the process for its memory during its snapshot${code}${warned}`;
    return new MemoirError('TARGET_OUT_OF_MEMORY', text, options);
  }
  if (how === 'RUNS') {
    return new MemoirError(
      'TARGET_GONE',
      'the connection was lost during the snapshot; the process itself still runs',
      {
        ...options,
        hint: 'Capture it again; the process recovers within seconds.',
      },
    );
  }
  const killed = exitCode === 137 ? ': something killed it, such as a memory limit or its liveness probe' : '';
  return new MemoirError('TARGET_GONE', `the process ended during its snapshot${code}${killed}${warned}`, options);
}
