import { MemoirError } from '../domain/memoir-error.ts';
import { FormatError } from '../formats/format-error.ts';
import type { FramedReader } from '../formats/frames/framed-reader.ts';
import { openMembers } from '../formats/gzip-members/open.ts';
import { openSeekable } from '../formats/zstd-seekable/frame.ts';
import type { ArtifactReader } from '../storage/artifact-store.ts';
import type { Compression } from './dump-request.ts';

/**
 * Random access to the frames of an artifact; null for an uncompressed one, which has none. An artifact whose table cannot
 * be read is ARTIFACT_DAMAGED.
 */
export async function openFrames(
  artifact: Pick<ArtifactReader, 'sizeBytes' | 'read'>,
  compression: Compression,
): Promise<FramedReader | null> {
  const source = { size: artifact.sizeBytes, read: (offset: number, length: number) => artifact.read(offset, length) };
  try {
    switch (compression) {
      case 'ZSTD':
        return await openSeekable(source);
      case 'GZIP':
        return await openMembers(source);
      case 'NONE':
        return null;
      default:
        return compression satisfies never;
    }
  } catch (cause) {
    if (cause instanceof FormatError)
      throw new MemoirError('ARTIFACT_DAMAGED', `its frames cannot be read: ${cause.message}`, { cause });
    throw cause;
  }
}
