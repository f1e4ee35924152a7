import { MemoirError } from '../../domain/memoir-error.ts';
import { FormatError } from '../../formats/format-error.ts';
import { GraphReader } from '../../formats/heap-snapshot/graph-reader.ts';
import { openSeekable } from '../../formats/zstd-seekable/frame.ts';
import type { ArtifactKey, ArtifactStore } from '../../storage/artifact-store.ts';
import { AnalysedHeap } from './analysed-heap.ts';

/** Reads a stored snapshot. SNAPSHOT_INVALID if it is none, ARTIFACT_MISSING if it is gone. */
export async function loadHeap(store: ArtifactStore, key: ArtifactKey): Promise<AnalysedHeap> {
  const artifact = await store.open(key);
  try {
    const content = await openSeekable({
      size: artifact.sizeBytes,
      read: (offset, length) => artifact.read(offset, length),
    });
    const reader = new GraphReader({ sizeBytes: content.size });
    for await (const piece of content.stream()) reader.push(piece);
    return new AnalysedHeap(reader.end());
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new MemoirError('SNAPSHOT_INVALID', error.message, { cause: error });
  } finally {
    await artifact.close();
  }
}
