import { parentPort } from 'node:worker_threads';
import type { Json } from '../../domain/json.ts';
import { fromErrorShape, toErrorShape } from '../../domain/memoir-error.ts';
import type { MemorySource, MemoryTail, OpenSource } from '../../machines/memory-source.ts';
import type { ArtifactStore, ArtifactWriter, CommittedArtifact, OpenStore } from '../../storage/artifact-store.ts';
import { type DumpFacts, type Manifest, makeManifest } from '../manifest.ts';
import { createCodec } from './codec.ts';
import { DumpSink, frameBytes } from './dump-sink.ts';
import type { CaptureCommand, CaptureJob, CaptureReport } from './messages.ts';
import { Spool } from './spool.ts';
import { threadFailure } from './thread-failure.ts';

// The thread that reads one capture: source → image → frames → compressor → artifact. Commands and reports are all that it
// shares with the server; no byte of a guest's memory passes the server's own event loop.

const port = parentPort;
if (port === null) throw new Error('dumps/pipeline/thread.ts runs as a worker only');

const controller = new AbortController();
const report = (message: CaptureReport) => port.postMessage(message);

let store: ArtifactStore | undefined;
let writer: ArtifactWriter | undefined;
let source: MemorySource | undefined;
let sink: DumpSink | undefined;
/** What is under way here; a failure waits for it, because what it opens must be closed. */
let opening: Promise<MemoryTail> | undefined;
let committing: Promise<unknown> | undefined;
/** What the manifest needs from the server, and when it came. */
const asked = Promise.withResolvers<{ facts: DumpFacts; elapsedMs: number; atMs: number }>();
asked.promise.catch(() => undefined);
let manifest: Manifest | undefined;
let ended = false;

port.on('message', (command: CaptureCommand) => {
  switch (command.type) {
    case 'OPEN':
      // Whoever gives up may do so before it is asked to open: nobody would take away what is made now.
      if (ended) return;
      opening = open(command.job);
      opening.then(complete).catch(fail);
      return;
    case 'FINISH':
      // By a clock that nobody sets: the other one may jump in the middle of a dump.
      asked.resolve({ ...command, atMs: performance.now() });
      return;
    case 'ABORT':
      fail(fromErrorShape(command.error));
      return;
    default:
      command satisfies never;
  }
});

async function open(job: CaptureJob): Promise<MemoryTail> {
  const { openStore } = (await import(job.store.module)) as { openStore: OpenStore };
  const { openSource } = (await import(job.source.module)) as { openSource: OpenSource };
  store = await openStore(job.store.options);
  writer = await store.begin(job.key, job.expectedBytes);
  controller.signal.throwIfAborted();
  const progress = throttledProgress();
  sink = new DumpSink({
    format: job.format,
    codec: createCodec(job.compression, frameBytes),
    writer,
    spool: await Spool.open(job.spoolFolder, frameBytes, job.spoolBytes),
    moved: progress,
  });
  source = await openSource(job.source.options);
  controller.signal.throwIfAborted();
  report({ type: 'READY' });
  const tail = await source.read(sink, controller.signal);
  report({ type: 'DRAINED' });
  return tail;
}

/** While the server puts the guest right, the bytes go to the disk; they become an artifact only when that ended well too. */
async function complete(tail: MemoryTail): Promise<void> {
  if (sink === undefined || writer === undefined) throw new TypeError('nothing was opened');
  const image = await sink.finish(tail);
  controller.signal.throwIfAborted();
  let described: Manifest | undefined;
  const describe = async (proof: CommittedArtifact) => {
    const { facts, elapsedMs, atMs } = await asked.promise;
    described = makeManifest(facts, image, proof, {
      nowMs: Date.now(),
      durationMs: elapsedMs + performance.now() - atMs,
    });
    return described as unknown as Json;
  };
  committing = writer.commit(describe, {
    signal: controller.signal,
    digested: throttle((bytes: number) => report({ type: 'DIGESTED', bytes })),
  });
  await committing;
  manifest = described;
  if (!ended) await end();
}

/** The one way to fail: everything is taken back before it is said. */
async function fail(cause: unknown): Promise<void> {
  if (ended) return;
  const error = threadFailure(cause);
  ended = true;
  controller.abort(error);
  asked.reject(error);
  await opening?.catch(() => undefined);
  await committing?.catch(() => undefined);
  await writer?.abort().catch(() => undefined);
  await end(error);
}

/** The last word. A commit that could not be stopped any more is a dump, whatever was wished meanwhile. */
async function end(error?: unknown): Promise<void> {
  ended = true;
  await close();
  if (manifest !== undefined) report({ type: 'COMMITTED', manifest });
  else report({ type: 'FAILED', error: toErrorShape(error) });
}

async function close(): Promise<void> {
  await source?.close().catch(() => undefined);
  await sink?.close().catch(() => undefined);
  await store?.close().catch(() => undefined);
  setImmediate(() => port?.close());
}

/** At most twenty messages a second; the last value is always sent. */
function throttle<T>(send: (value: T) => void): (value: T) => void {
  let latest: T;
  let isWaiting = false;
  return (value) => {
    latest = value;
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      if (!ended) send(latest);
    }, 50);
  };
}

function throttledProgress(): ConstructorParameters<typeof DumpSink>[0]['moved'] {
  return throttle((progress) => {
    if (writer !== undefined)
      report({ type: 'PROGRESS', progress: { ...progress, writtenBytes: writer.writtenBytes } });
  });
}
