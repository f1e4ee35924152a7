import { parentPort, workerData } from 'node:worker_threads';
import { toErrorShape } from '../../domain/memoir-error.ts';
import type { ModuleReference } from '../../domain/module-reference.ts';
import type { ArtifactKey } from '../../storage/artifact-store.ts';
import { openStoreOf } from '../../storage/open-store.ts';
import type { AnalysedHeap } from './analysed-heap.ts';
import type { AnalysisJob, AnalysisReport, AnalysisRequest, AnalysisResults } from './analysis-job.ts';
import { diffOf, digestOf } from './diff.ts';
import { loadHeap } from './load-heap.ts';
import { objectsOfClass, pathToObject, retainersOfObject } from './object-list.ts';
import { summaryOf } from './summary.ts';

/*
 * The thread on which snapshots are analysed: one job at a time. It keeps the snapshot of the last answer, since
 * questions about one come in a row, and no other: each takes some hundred megabytes.
 */
const port = parentPort;
if (port === null) throw new Error('heaps/analysis/thread.ts runs as a worker only');
const reference: ModuleReference = workerData;
const store = await openStoreOf(reference);

let kept: { readonly file: string; readonly heap: AnalysedHeap } | null = null;

async function heapOf(key: ArtifactKey): Promise<AnalysedHeap> {
  const file = `${key.folder}/${key.file}`;
  if (kept?.file === file) return kept.heap;
  kept = null;
  const heap = await loadHeap(store, key);
  kept = { file, heap };
  return heap;
}

async function answer(job: AnalysisJob): Promise<AnalysisResults[keyof AnalysisResults]> {
  switch (job.type) {
    case 'SUMMARY':
      return summaryOf(await heapOf(job.key));
    case 'DIFF': {
      const before = digestOf(await heapOf(job.before));
      const after = await heapOf(job.after);
      const retained = new Map(summaryOf(after).classes.map(({ key, retainedBytes }) => [key, retainedBytes]));
      return diffOf(before, after, job.comparedBy, retained);
    }
    case 'RETAINERS':
      return retainersOfObject(await heapOf(job.key), job.node, job.first);
    case 'OBJECTS':
      return objectsOfClass(await heapOf(job.key), job.classKey, job.first);
    case 'PATH':
      return pathToObject(await heapOf(job.key), job.node);
    default:
      return job satisfies never;
  }
}

port.on('message', async ({ id, job }: AnalysisRequest) => {
  try {
    port.postMessage({ id, result: await answer(job) } satisfies AnalysisReport);
  } catch (error) {
    kept = null;
    port.postMessage({ id, error: toErrorShape(error) } satisfies AnalysisReport);
  }
});
