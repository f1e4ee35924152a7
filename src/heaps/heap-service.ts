// Long: one front door, one small method for each of its calls.
import { createHash } from 'node:crypto';
import { isMemoirError, MemoirError } from '../domain/memoir-error.ts';
import { openSeekable } from '../formats/zstd-seekable/frame.ts';
import type { Operations } from '../operations/operations.ts';
import type { ArtifactStore } from '../storage/artifact-store.ts';
import { type HeapAnalysis, keyOf } from './analysis/heap-analysis.ts';
import { captureFile } from './captures/heap-capture.ts';
import type { HeapCaptures } from './captures/heap-captures.ts';
import { SnapshotWriter } from './captures/snapshot-writer.ts';
import { type HeapSession, openHeapSession } from './heap-session.ts';
import { type HeapTarget, type HeapTargets, type TargetKind, targetKinds } from './heap-target.ts';
import type { HeapCaptureInput, Heaps, UploadInput } from './heaps.ts';
import { captureSubject, heapCaptureType, heapVerifyType, targetSubject } from './operation-types.ts';
import { preflight } from './preflight.ts';

export interface HeapServiceParts {
  readonly operations: Operations;
  readonly targets: ReadonlyMap<TargetKind, HeapTargets>;
  readonly store: ArtifactStore;
  readonly captures: HeapCaptures;
  readonly analysis: HeapAnalysis;
  readonly redact: boolean;
  readonly host: string;
  readonly now?: () => number;
}

const maxWaits = 20;
const maxWaitSec = 7 * 24 * 3600;
const maxSampleMs = 10 * 60_000;
const maxUploadBytes = 4 * 2 ** 30;

export function createHeaps(parts: HeapServiceParts): Heaps {
  const { operations, targets, store, captures, analysis } = parts;
  const now = parts.now ?? Date.now;
  /** Processes that are being looked at by `options` or `sample`. */
  const looking = new Set<string>();

  async function find(reference: string, signal: AbortSignal): Promise<HeapTarget> {
    if (reference === '' || reference.length > 512)
      throw new MemoirError('BAD_INPUT', 'a target must have 1 to 512 characters');
    const kind = targetKinds.find((one) => reference.startsWith(`${one}:`));
    const asked = kind === undefined ? [...targets.values()] : [targets.get(kind)];
    let missing: unknown = notReached(kind ?? 'any');
    for (const place of asked) {
      try {
        if (place !== undefined) return await place.find(reference, signal);
      } catch (error) {
        if (!isMemoirError(error, 'NOT_FOUND') && !isMemoirError(error, 'TARGET_UNAVAILABLE')) throw error;
        // That it is there and cannot be captured says more than that it is not elsewhere.
        if (!isMemoirError(missing, 'TARGET_UNAVAILABLE')) missing = error;
      }
    }
    throw missing;
  }

  /** The one process that an input means. */
  async function meant({ target, pods }: HeapCaptureInput, signal: AbortSignal): Promise<HeapTarget> {
    if ((target === undefined) === (pods === undefined))
      throw new MemoirError('BAD_INPUT', 'name a process, or pods by their labels');
    if (target !== undefined) return find(target, signal);
    const place = targets.get('kubernetes');
    if (place === undefined) throw notReached('kubernetes');
    const found = await place.list(signal, { kind: 'kubernetes', ...pods });
    const [only] = found;
    if (only !== undefined && found.length === 1) return only;
    const labels = `the labels ${pods?.selector}`;
    if (only === undefined) throw new MemoirError('NOT_FOUND', `no Node.js process runs in a pod with ${labels}`);
    const candidates = found.map(({ id }) => id);
    throw new MemoirError('BAD_INPUT', `${found.length} Node.js processes run in pods with ${labels}: name one`, {
      hint: `One of ${candidates.slice(0, 20).join(', ')}`,
      details: { candidates },
    });
  }

  /** Looks at a process without a capture; never while one is under way, which its inspector belongs to. */
  async function look<T>(
    reference: string,
    signal: AbortSignal,
    use: (session: HeapSession, target: HeapTarget) => Promise<T>,
  ): Promise<T> {
    const target = await find(reference, signal);
    const page = await operations.page({
      subjects: [targetSubject(target.id)],
      states: ['QUEUED', 'RUNNING'],
      limit: 1,
    });
    if (page.operations.length > 0 || looking.has(target.id)) {
      throw new MemoirError('ALREADY_ACTIVE', 'the process is being captured or sampled', {
        details: { target: target.id },
      });
    }
    looking.add(target.id);
    try {
      const place = targets.get(target.kind);
      if (place === undefined) throw notReached(target.kind);
      const session = await openHeapSession(await place.wake(target, signal), signal);
      try {
        return await use(session, target);
      } finally {
        await session.close();
      }
    } finally {
      looking.delete(target.id);
    }
  }

  return {
    async targets(filter, signal) {
      const found: HeapTarget[] = [];
      const unreachable: { kind: TargetKind; reason: string }[] = [];
      const { kind: only } = filter;
      if (only !== undefined && !targets.has(only)) throw notReached(only);
      for (const [kind, place] of targets) {
        if (only !== undefined && kind !== only) continue;
        try {
          found.push(...(await place.list(signal, filter)));
        } catch (error) {
          signal.throwIfAborted();
          // What a caller gave wrong is the caller's; what a place cannot is said beside the other places.
          if (!(error instanceof MemoirError) || error.code === 'BAD_INPUT' || only !== undefined) throw error;
          unreachable.push({ kind, reason: error.message });
        }
      }
      return { targets: found, unreachable };
    },

    options: (reference, signal) =>
      look(reference, signal, async (session, target) => {
        const memory = await session.memory(signal);
        return { target, memory, threads: await session.threads(signal), ...preflight(memory) };
      }),

    sample: (reference, durationMs, signal) => {
      if (!(durationMs >= 10 && durationMs <= maxSampleMs)) {
        throw new MemoirError('BAD_INPUT', `allocations are sampled for 10 ms to ${maxSampleMs / 60_000} minutes`);
      }
      return look(reference, signal, (session) => session.sample(durationMs, signal));
    },

    async capture(input, actor) {
      const waitsMs = checkWaits(input);
      const target = await meant(input, AbortSignal.timeout(30_000));
      if (target.obstacle !== null) throw new MemoirError('TARGET_UNAVAILABLE', target.obstacle);
      if (looking.has(target.id))
        throw new MemoirError('ALREADY_ACTIVE', 'another request is reading the process: try again');
      const request = {
        target: target.id,
        targetKind: target.kind,
        service: (input.service ?? target.name).slice(0, 200),
        thread: input.thread ?? null,
        waitsMs,
        force: input.force ?? false,
        redact: input.redact ?? parts.redact,
      };
      const submission = heapCaptureType.submission({
        subjects: [targetSubject(target.id)],
        request: { ...request, traceparent: input.traceparent ?? null },
        message: 'Waiting for its turn',
      });
      const { idempotencyKey } = input;
      const key = idempotencyKey === undefined ? {} : { idempotencyKey, fingerprint: JSON.stringify(request) };
      return operations.submitOne(submission, { actor, ...key });
    },

    async cancel(id, actor) {
      const [operation] = await operations.get([id]);
      if (operation?.kind !== heapCaptureType.name)
        throw new MemoirError('NOT_FOUND', `there is no heap capture ${id}`);
      return operations.cancel(id, actor);
    },

    captures: (page) => captures.page(page),
    capturesOf: (sessionId) => captures.ofSession(sessionId),
    find: (id) => captures.get(id),
    sessions: (page) => captures.sessions(page),

    async remove(id) {
      const page = await operations.page({ subjects: [captureSubject(id)], states: ['QUEUED', 'RUNNING'], limit: 1 });
      if (page.operations.length > 0) throw new MemoirError('ALREADY_ACTIVE', 'the snapshot is being verified');
      const removed = await captures.remove(id);
      await analysis.forget(id);
      return removed;
    },

    async verify(id, actor) {
      const { sizeBytes, rawSizeBytes, sha256, folder, file, service } = await captures.get(id);
      const submission = heapVerifyType.submission({
        subjects: [captureSubject(id)],
        request: { captureId: id, service, folder, file, sizeBytes, rawSizeBytes, sha256 },
        message: 'Waiting for its turn',
      });
      return operations.submitOne(submission, { actor });
    },

    summary: async (id, signal) => analysis.summary(await captures.get(id), signal),
    diff: async (beforeId, afterId, signal) =>
      analysis.diff(await captures.get(beforeId), await captures.get(afterId), signal),
    retainers: async (id, node, first, signal) =>
      analysis.ask({ type: 'RETAINERS', key: keyOf(await captures.get(id)), node, first }, signal),
    objects: async (id, classKey, first, signal) =>
      analysis.ask({ type: 'OBJECTS', key: keyOf(await captures.get(id)), classKey, first }, signal),
    path: async (id, node, signal) => analysis.ask({ type: 'PATH', key: keyOf(await captures.get(id)), node }, signal),

    async *content(id) {
      const { folder, file } = await captures.get(id);
      const artifact = await store.open({ folder, file });
      try {
        const content = await openSeekable({
          size: artifact.sizeBytes,
          read: (offset, length) => artifact.read(offset, length),
        });
        yield* content.stream();
      } finally {
        await artifact.close();
      }
    },

    async upload(input, content, actor) {
      const { sessionId, index, id } = uploadNames(input);
      const known = (await captures.ofSession(sessionId)).find((capture) => capture.index === index);
      if (known !== undefined) return known;
      const takenAtMs = input.takenAtMs ?? now();
      // The name follows from session and phase alone, so that a second upload at the same time meets the first.
      const file = captureFile(id, 0);
      const redact = input.redact ?? parts.redact;
      const writer = await SnapshotWriter.begin(store, { folder: sessionId, file }, 0, redact);
      try {
        for await (const piece of content) {
          await writer.push(Buffer.from(piece));
          if (writer.receivedBytes > maxUploadBytes)
            throw new MemoirError('LIMIT_EXCEEDED', 'the snapshot is larger than 4 GiB');
        }
        const capture = await writer.commit({
          id,
          sessionId,
          index,
          service: input.service,
          targetId: input.container ?? input.service,
          targetKind: 'upload',
          container: input.container,
          thread: null,
          nodeVersion: null,
          identity: null,
          actor,
          host: parts.host,
          takenAtMs,
          stallMs: null,
          memory: null,
          redacted: redact,
          folder: sessionId,
          file,
        });
        await captures.add(capture);
        return { ...capture, state: 'AVAILABLE' };
      } catch (error) {
        await writer.abort();
        throw error;
      }
    },

    async close() {
      await analysis.close();
      for (const place of targets.values()) await place.close();
    },
  };
}

const notReached = (kind: TargetKind | 'any'): MemoirError =>
  new MemoirError('NOT_CONFIGURED', `this server does not reach ${kind} targets`, {
    hint:
      kind === 'kubernetes'
        ? 'Set KUBERNETES_CONFIG to a kubeconfig file, or to in-cluster, and start the server again.'
        : 'Set DOCKER_SOCKET to the socket of the container engine, and start the server again.',
  });

function checkWaits({ waitsSec = [] }: HeapCaptureInput): number[] {
  if (waitsSec.length > maxWaits) throw new MemoirError('BAD_INPUT', `at most ${maxWaits} further snapshots`);
  for (const wait of waitsSec) {
    if (!(wait >= 0 && wait <= maxWaitSec)) throw new MemoirError('BAD_INPUT', 'a wait has 0 seconds to 7 days');
  }
  return waitsSec.map((wait) => Math.round(wait * 1000));
}

/** Names made of what a client sent: hashed, since artifacts are named by ids only. */
function uploadNames({ service, session, phase }: UploadInput): { sessionId: string; index: number; id: string } {
  for (const text of [service, session]) {
    if (text === '' || text.length > 200)
      throw new MemoirError('BAD_INPUT', 'service and session have 1 to 200 characters');
  }
  const index = phase === 'before' ? 0 : phase === 'after' ? 1 : phase;
  if (!Number.isInteger(index) || index < 0 || index > maxWaits)
    throw new MemoirError('BAD_INPUT', 'the phase is before or after');
  const sessionId = `u${createHash('sha256').update(`${service}\0${session}`).digest('hex').slice(0, 32)}`;
  return { sessionId, index, id: `${sessionId}-${index}` };
}
