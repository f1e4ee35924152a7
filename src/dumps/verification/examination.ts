import { createHash } from 'node:crypto';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { ArtifactReader } from '../../storage/artifact-store.ts';
import { openFrames } from '../artifact-content.ts';
import type { Compression } from '../dump-request.ts';

/** What an artifact is supposed to be. */
export interface Expectation {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly compression: Compression;
  /** Size of the uncompressed image. */
  readonly rawSizeBytes: number;
}

/** What it was found to be. */
export interface Finding {
  /** What is wrong, in a sentence; null if nothing is. */
  readonly damage: string | null;
  /** Digest of the uncompressed image; null if it cannot be taken any more. */
  readonly imageSha256: string | null;
}

/** Bytes that are read at a time. */
const pieceBytes = 1024 * 1024;
/** Bad frames that are named. */
const maxNamed = 10;

/** How much there is to examine: the file, and the image in its frames. */
export function examinedBytes({ sizeBytes, rawSizeBytes, compression }: Expectation): number {
  return compression === 'NONE' ? sizeBytes : sizeBytes + rawSizeBytes;
}

/**
 * Reads an artifact twice: as the file it is, against its digest; and frame by frame, each against its own checksum.
 * `progress` is told bytes of the file, then on top of them bytes of the image: frames of zeros take next to nothing in the
 * file, and time all the same.
 */
export async function examine(
  artifact: ArtifactReader,
  expected: Expectation,
  progress: (bytes: number) => void,
): Promise<Finding> {
  if (artifact.sizeBytes !== expected.sizeBytes) {
    return { damage: `it has ${artifact.sizeBytes} bytes where ${expected.sizeBytes} were written`, imageSha256: null };
  }
  const hash = createHash('sha256');
  for (let offset = 0; offset < artifact.sizeBytes; ) {
    const piece = await artifact.read(offset, pieceBytes);
    if (piece.length === 0) return { damage: `it ends at byte ${offset}`, imageSha256: null };
    hash.update(piece);
    offset += piece.length;
    progress(offset);
  }
  const digest = hash.digest('hex');
  const { bad, imageSha256 } = await examineFrames(artifact, expected.compression, progress);
  const isSame = digest === expected.sha256;
  if (isSame && bad === null) return { damage: null, imageSha256: imageSha256 ?? digest };
  const difference = isSame ? 'it is what was written, but' : `its SHA-256 is ${digest}, not ${expected.sha256};`;
  const unnamed =
    expected.compression === 'NONE'
      ? 'an uncompressed artifact cannot tell where'
      : 'every frame is whole, so the damage lies outside of them';
  return { damage: `${difference} ${bad ?? unnamed}`, imageSha256: bad === null ? imageSha256 : null };
}

/** `bad` names the frames that are not whole; `imageSha256` is null for an artifact without frames. */
async function examineFrames(
  artifact: ArtifactReader,
  compression: Compression,
  progress: (bytes: number) => void,
): Promise<{ bad: string | null; imageSha256: string | null }> {
  try {
    const frames = await openFrames(artifact, compression);
    if (frames === null) return { bad: null, imageSha256: null };
    const image = createHash('sha256');
    const bad: string[] = [];
    for await (const { frame, content, fault } of frames.check()) {
      if (content !== undefined) image.update(content);
      if (fault !== undefined) bad.push(`frame ${frame.index} at byte ${frame.offset}`);
      progress(artifact.sizeBytes + frame.contentOffset + frame.contentSize);
    }
    if (bad.length === 0) return { bad: null, imageSha256: image.digest('hex') };
    const more = bad.length > maxNamed ? ` and ${bad.length - maxNamed} more` : '';
    return { bad: `damaged: ${bad.slice(0, maxNamed).join(', ')}${more}`, imageSha256: null };
  } catch (error) {
    if (error instanceof MemoirError) return { bad: error.message, imageSha256: null };
    throw error;
  }
}
