import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Closable } from '../domain/closable.ts';
import { fieldOf } from '../domain/field.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { type AllocationNode, toAllocationNode } from './allocation-profile.ts';
import type { AwakeInspector, Ending } from './heap-target.ts';
import { getJson, type InspectorSocket, openInspectorSocket } from './inspector/inspector-socket.ts';
import { ProtocolSession } from './inspector/protocol-session.ts';
import { leaseProgram, memoryProgram, releaseDelayMs, releaseProgram } from './inspector/target-programs.ts';
import type { HeapMemory } from './preflight.ts';

/** A thread of the target that has a heap of its own; null is the main thread. */
export interface TargetThread {
  readonly id: string;
  readonly title: string;
}

export interface SnapshotOptions {
  /** Of which thread; the main one unless told. */
  readonly thread?: string;
  readonly signal: AbortSignal;
  /**
   * What came, in order; called as fast as it comes, since the target keeps in its memory what is not read. Nothing more is
   * read before a promise that it answers has settled.
   */
  readonly sink: (chunk: Buffer) => Promise<void> | undefined;
  /** How far V8 is with collecting the heap, before the first chunk. */
  readonly progress?: (done: number, total: number) => void;
}

/**
 * One inspector session. As long as it is open V8 keeps its ids of objects, so that two snapshots of it can be compared
 * object by object. `close` ends it and puts the target back as it was found: an inspector that slept sleeps again.
 */
export interface HeapSession extends Closable {
  readonly identity: string;
  memory(signal: AbortSignal): Promise<HeapMemory>;
  threads(signal: AbortSignal): Promise<readonly TargetThread[]>;
  /** Resolves when the last chunk was handed to `sink`. The target stands still for most of that time. */
  snapshot(options: SnapshotOptions): Promise<void>;
  /** What became of the process; to be asked when the connection was lost. */
  ending(): Promise<Ending>;
  /** Samples allocations for a time, without a stall. */
  sample(durationMs: number, signal: AbortSignal): Promise<AllocationNode>;
}

/** What `memoryProgram` answers. */
const toldMemory = z.object({
  nodeVersion: z.string(),
  pid: z.number(),
  uptimeSec: z.number(),
  usage: z.object({ rss: z.number(), external: z.number(), arrayBuffers: z.number().default(0) }),
  heap: z.object({ used_heap_size: z.number(), heap_size_limit: z.number() }),
  limits: z.array(z.object({ limitBytes: z.number(), usedBytes: z.number(), reclaimableBytes: z.number() })),
  machineAvailableBytes: z.number().nullable(),
});

/** A tunnel to the target ends by itself when nothing passes for two minutes. */
const beatMs = 20_000;
/** How often the target looks whether its session is gone. */
const leaseMs = 5_000;
/** How long the target may take to close its inspector. */
const asleepTimeoutMs = 5_000;

export async function openHeapSession(inspector: AwakeInspector, signal: AbortSignal): Promise<HeapSession> {
  const socket = await openInspectorSocket(inspector, signal).catch(async (error) => {
    await inspector.close();
    throw error;
  });
  const session = new LiveSession(inspector, socket);
  try {
    await session.begin(signal);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

class LiveSession implements HeapSession {
  readonly #inspector: AwakeInspector;
  readonly #socket: InspectorSocket;
  readonly #main: ProtocolSession;
  readonly #workers = new Map<string, { readonly title: string; readonly session: ProtocolSession }>();
  #workersKnown = false;
  readonly #beat: NodeJS.Timeout;
  #closed: Promise<void> | undefined;

  constructor(inspector: AwakeInspector, socket: InspectorSocket) {
    this.#inspector = inspector;
    this.#socket = socket;
    this.#main = socket.session;
    this.#beat = setInterval(() => {
      this.#main.send('Runtime.getIsolateId').catch(() => undefined);
    }, beatMs).unref();
  }

  get identity(): string {
    return this.#inspector.identity;
  }

  async begin(signal: AbortSignal): Promise<void> {
    if (!this.#inspector.woken) return;
    // Not by value: the session has to hold the object that is answered.
    const parameters = { expression: leaseProgram(leaseMs), includeCommandLineAPI: true, silent: true };
    await this.#main.send('Runtime.evaluate', parameters, signal);
  }

  async memory(signal: AbortSignal): Promise<HeapMemory> {
    const told = toldMemory.safeParse(JSON.parse(String(await this.#evaluate(memoryProgram, signal))));
    if (!told.success) {
      throw new MemoirError('CAPTURE_FAILED', 'the process tells of its memory in another form', { cause: told.error });
    }
    const { nodeVersion, pid, uptimeSec, usage, heap, limits, machineAvailableBytes } = told.data;
    return {
      nodeVersion,
      pid,
      uptimeSec,
      usedHeapBytes: heap.used_heap_size,
      heapLimitBytes: heap.heap_size_limit,
      rssBytes: usage.rss,
      externalBytes: usage.external,
      arrayBuffersBytes: usage.arrayBuffers,
      limits,
      machineAvailableBytes,
    };
  }

  async threads(signal: AbortSignal): Promise<readonly TargetThread[]> {
    if (!this.#workersKnown) {
      this.#main.on('NodeWorker.attachedToWorker', (event) => {
        const sessionId = String(event.sessionId);
        const title = fieldOf(event.workerInfo, 'title');
        const workerId = fieldOf(event.workerInfo, 'workerId');
        const post = (message: string) => {
          this.#main.send('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(() => undefined);
        };
        this.#workers.set(sessionId, {
          title: String(title || `worker ${workerId}`),
          session: new ProtocolSession(post),
        });
      });
      this.#main.on('NodeWorker.receivedMessageFromWorker', ({ sessionId, message }) => {
        this.#workers.get(String(sessionId))?.session.receive(String(message));
      });
      this.#main.on('NodeWorker.detachedFromWorker', ({ sessionId }) => {
        const gone = new MemoirError('TARGET_GONE', 'the worker thread ended');
        this.#workers.get(String(sessionId))?.session.end(gone);
        this.#workers.delete(String(sessionId));
      });
      this.#workersKnown = true;
    }
    // Attaches to those that run, before it answers, and to all that start later.
    await this.#main.send('NodeWorker.enable', { waitForDebuggerOnStart: false }, signal);
    return [...this.#workers].map(([id, { title }]) => ({ id, title }));
  }

  async snapshot({ thread, signal, sink, progress }: SnapshotOptions): Promise<void> {
    const session = await this.#sessionOf(thread, signal);
    const off = [
      session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => {
        const full = sink(Buffer.from(String(chunk), 'utf8'));
        if (full === undefined) return;
        this.#socket.hold(true);
        void full.finally(() => this.#socket.hold(false));
      }),
      session.on('HeapProfiler.reportHeapSnapshotProgress', ({ done, total }) =>
        progress?.(Number(done), Number(total)),
      ),
    ];
    try {
      await session.send('HeapProfiler.enable', {}, signal);
      await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: true, captureNumericValue: false }, signal);
    } finally {
      for (const stop of off) stop();
    }
  }

  async sample(durationMs: number, signal: AbortSignal): Promise<AllocationNode> {
    await this.#main.send('HeapProfiler.enable', {}, signal);
    await this.#main.send('HeapProfiler.startSampling', { samplingInterval: 32_768 }, signal);
    try {
      await new Promise<void>((resolve, reject) => {
        const abort = () => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', abort);
          resolve();
        }, durationMs);
        signal.addEventListener('abort', abort, { once: true });
      });
    } catch (error) {
      await this.#main.send('HeapProfiler.stopSampling').catch(() => undefined);
      throw error;
    }
    const { profile } = await this.#main.send('HeapProfiler.stopSampling', {}, signal);
    return toAllocationNode(fieldOf(profile, 'head'));
  }

  ending(): Promise<Ending> {
    return this.#inspector.ending();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#beat);
    // A target that hangs or is gone does not keep us.
    const patience = AbortSignal.timeout(5000);
    const released = await this.#evaluate(releaseProgram(this.#inspector.woken), patience).then(
      () => true,
      () => false,
    );
    await this.#socket.close();
    if (released && this.#inspector.woken) await this.#asleep();
    await this.#inspector.close();
  }

  /** Waits until nobody listens any more: whoever woke the inspector now would lose it again at once. */
  async #asleep(): Promise<void> {
    const until = performance.now() + asleepTimeoutMs;
    await sleep(releaseDelayMs);
    while (performance.now() < until) {
      // Asked, not only connected to: a tunnel opens also where nobody listens behind it.
      const answer = await getJson(this.#inspector, '/json/version', AbortSignal.timeout(1000)).catch(() => null);
      if (answer === null) return;
      await sleep(50);
    }
  }

  async #sessionOf(thread: string | undefined, signal: AbortSignal): Promise<ProtocolSession> {
    if (thread === undefined) return this.#main;
    await this.threads(signal);
    const worker = this.#workers.get(thread);
    if (worker === undefined)
      throw new MemoirError('NOT_FOUND', `the process has no worker thread ${JSON.stringify(thread)}`);
    return worker.session;
  }

  async #evaluate(expression: string, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.#main.send(
      'Runtime.evaluate',
      { expression, includeCommandLineAPI: true, returnByValue: true, silent: true },
      signal,
    );
    if (answer.exceptionDetails !== undefined) {
      const description = fieldOf(fieldOf(answer.exceptionDetails, 'exception'), 'description');
      const [why] = String(description ?? 'an error without a text').split('\n');
      throw new MemoirError('CAPTURE_FAILED', `the process could not be asked for its memory: ${why}`);
    }
    return fieldOf(answer.result, 'value');
  }
}
