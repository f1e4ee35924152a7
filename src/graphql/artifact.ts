import { MemoirError } from '../domain/memoir-error.ts';
import { type Compression, compressions } from '../dumps/dump-request.ts';
import { dumpKind } from '../dumps/dumps.ts';
import { dumpType } from '../dumps/operation-types.ts';
import type { ArtifactKey } from '../storage/artifact-store.ts';
import type { Services } from './context.ts';

/** In which form an artifact is downloaded. */
export const downloadForms = {
  FILE: 'The artifact as it lies on disk: its SHA-256 is the recorded one.',
  IMAGE: 'The memory image, decompressed on the way.',
} as const;
export type DownloadForm = keyof typeof downloadForms;

/** The artifact of a completed dump, as a download needs it. */
export interface DumpArtifact {
  readonly dumpId: string;
  readonly key: ArtifactKey;
  readonly compression: Compression;
  /** Digest of the file, in hex. */
  readonly sha256: string;
  /** Name of a downloaded file: made of a time and an id, never of a machine's name. */
  fileName(form: DownloadForm): string;
}

/** NOT_FOUND, ARTIFACT_MISSING or ARTIFACT_DAMAGED where there is nothing that may be handed out. */
export async function findArtifact({ operations, records }: Services, dumpId: string): Promise<DumpArtifact> {
  const [[operation], [record]] = await Promise.all([operations.get([dumpId]), records.get([dumpId])]);
  if (!operation || operation.kind !== dumpKind) throw new MemoirError('NOT_FOUND', `there is no dump ${dumpId}`);
  const result = dumpType.resultOf(operation);
  if (operation.state !== 'COMPLETED' || result === null) {
    throw new MemoirError('ARTIFACT_MISSING', `the dump ${dumpId} is ${operation.state}: it has no artifact`);
  }
  if (record?.state === 'DELETED') throw new MemoirError('ARTIFACT_MISSING', 'the artifact was deleted');
  if (record?.state === 'DAMAGED')
    throw new MemoirError('ARTIFACT_DAMAGED', 'a verification found the artifact damaged');
  const { sha256, folder, file } = result;
  const { compression } = dumpType.requestOf(operation);
  const { extension } = compressions[compression];
  const fileName = (form: DownloadForm) =>
    form === 'IMAGE' && extension !== '' && file.endsWith(extension) ? file.slice(0, -extension.length) : file;
  return { dumpId, key: { folder, file }, compression, sha256, fileName };
}

/** What a ticket for a download is for. */
export const downloadTarget = (dumpId: string, form: DownloadForm): string => `download ${dumpId} ${form}`;
