import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorShape, toErrorShape } from '../../domain/memoir-error.ts';
import type { ModuleReference } from '../../domain/module-reference.ts';
import type { ArtifactKey } from '../../storage/artifact-store.ts';
import { openStoreOf } from '../../storage/open-store.ts';
import { examineHeap, type HeapExpectation } from './heap-examination.ts';

// Reads one snapshot back, off the server's event loop. It changes nothing, so it is ended by force when it is not wanted.

/** What the thread is started with. */
export interface HeapVerificationJob {
  readonly store: ModuleReference;
  readonly key: ArtifactKey;
  readonly expected: HeapExpectation;
}

export type HeapVerificationReport =
  | { readonly type: 'PROGRESS'; readonly bytes: number }
  | { readonly type: 'DONE'; readonly damage: string | null }
  | { readonly type: 'FAILED'; readonly error: ErrorShape };

const port = parentPort;
if (port === null) throw new Error('heaps/verification/thread.ts runs as a worker only');
const { store: reference, key, expected }: HeapVerificationJob = workerData;
const report = (message: HeapVerificationReport) => port.postMessage(message);

/** Bytes between two reports. */
const stepBytes = 16 * 1024 * 1024;
let reported = 0;

try {
  const store = await openStoreOf(reference);
  const artifact = await store.open(key);
  const damage = await examineHeap(artifact, expected, (bytes) => {
    if (bytes - reported < stepBytes) return;
    reported = bytes;
    report({ type: 'PROGRESS', bytes });
  });
  await artifact.close();
  await store.close();
  report({ type: 'DONE', damage });
} catch (error) {
  report({ type: 'FAILED', error: toErrorShape(error) });
}
