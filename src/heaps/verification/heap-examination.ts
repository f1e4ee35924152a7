import { createHash } from 'node:crypto';
import { FormatError } from '../../formats/format-error.ts';
import { openSeekable } from '../../formats/zstd-seekable/frame.ts';
import type { ArtifactReader } from '../../storage/artifact-store.ts';

/** What a stored snapshot is supposed to be. */
export interface HeapExpectation {
  readonly sizeBytes: number;
  readonly rawSizeBytes: number;
  readonly sha256: string;
}

const pieceBytes = 1024 * 1024;
/** Bad frames that are named. */
const maxNamed = 10;

/**
 * Reads an artifact twice: as the file it is, against its digest; and frame by frame, each against its own checksum. Answers
 * what is wrong in a sentence, null if nothing is. `progress` is told bytes of the file, then of the snapshot on top of them.
 */
export async function examineHeap(
  artifact: ArtifactReader,
  expected: HeapExpectation,
  progress: (bytes: number) => void,
): Promise<string | null> {
  if (artifact.sizeBytes !== expected.sizeBytes)
    return `it has ${artifact.sizeBytes} bytes where ${expected.sizeBytes} were written`;
  const hash = createHash('sha256');
  for (let offset = 0; offset < artifact.sizeBytes; progress(offset)) {
    const piece = await artifact.read(offset, pieceBytes);
    if (piece.length === 0) return `it ends at byte ${offset}`;
    hash.update(piece);
    offset += piece.length;
  }
  const digest = hash.digest('hex');
  const bad = await badFrames(artifact, progress);
  if (digest === expected.sha256) return bad;
  return `its SHA-256 is ${digest}, not ${expected.sha256}; ${bad ?? 'every frame is whole, so the damage lies outside of them'}`;
}

async function badFrames(artifact: ArtifactReader, progress: (bytes: number) => void): Promise<string | null> {
  const bad: string[] = [];
  try {
    const source = { size: artifact.sizeBytes, read: (at: number, length: number) => artifact.read(at, length) };
    for await (const { frame, fault } of (await openSeekable(source)).check()) {
      if (fault !== undefined) bad.push(`frame ${frame.index} at byte ${frame.offset}`);
      progress(artifact.sizeBytes + frame.contentOffset + frame.contentSize);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return `its frames cannot be read: ${error.message}`;
  }
  if (bad.length === 0) return null;
  const more = bad.length > maxNamed ? ` and ${bad.length - maxNamed} more` : '';
  return `damaged: ${bad.slice(0, maxNamed).join(', ')}${more}`;
}
