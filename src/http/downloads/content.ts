import type { Closable } from '../../domain/closable.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { FormatError } from '../../formats/format-error.ts';
import { openMembers } from '../../formats/gzip-members/open.ts';
import type { RandomAccess } from '../../formats/random-access.ts';
import { openSeekable } from '../../formats/zstd-seekable/frame.ts';
import type { DownloadForm, DumpArtifact } from '../../graphql/artifact.ts';
import type { ArtifactStore } from '../../storage/artifact-store.ts';

/** Bytes read at a time of a file; a frame of a compressed image has a size of its own. */
const pieceBytes = 1024 * 1024;

/** What is sent: bytes that can be read from anywhere, so that a download can go on where it broke off. */
export interface Content extends Closable {
  readonly size: number;
  readonly type: string;
  stream(start: number, end: number): AsyncIterable<Uint8Array>;
}

const types = { ZSTD: 'application/zstd', GZIP: 'application/gzip', NONE: 'application/octet-stream' } as const;

/** Opens an artifact for sending; ARTIFACT_MISSING if it is gone, ARTIFACT_DAMAGED if its frames cannot be found. */
export async function openContent(store: ArtifactStore, artifact: DumpArtifact, form: DownloadForm): Promise<Content> {
  const reader = await store.open(artifact.key);
  const close = () => reader.close();
  const source: RandomAccess = { size: reader.sizeBytes, read: (offset, length) => reader.read(offset, length) };
  if (form === 'FILE' || artifact.compression === 'NONE') {
    const type = form === 'FILE' ? types[artifact.compression] : types.NONE;
    return { size: source.size, type, stream: (start, end) => readPieces(source, start, end), close };
  }
  try {
    // Decompression runs on Node's threads; the frames' own checksums are verified on the way.
    const frames = await (artifact.compression === 'ZSTD' ? openSeekable(source) : openMembers(source));
    return { size: frames.size, type: types.NONE, stream: (start, end) => frames.stream(start, end), close };
  } catch (cause) {
    await close();
    if (!(cause instanceof FormatError)) throw cause;
    throw new MemoirError('ARTIFACT_DAMAGED', `its frames cannot be read: ${cause.message}`, { cause });
  }
}

async function* readPieces(source: RandomAccess, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let offset = start; offset < end; ) {
    const piece = await source.read(offset, Math.min(pieceBytes, end - offset));
    if (piece.length === 0) throw new MemoirError('ARTIFACT_DAMAGED', `the artifact ends at ${offset}, not at ${end}`);
    yield piece;
    offset += piece.length;
  }
}
