import { MemoirError } from '../domain/memoir-error.ts';
import { type Compression, compressions } from '../dumps/dump-request.ts';
import { dumpKind } from '../dumps/dumps.ts';
import { dumpType } from '../dumps/operation-types.ts';
import type { ArtifactKey } from '../storage/artifact-store.ts';
import type { Services } from './services.ts';

/** Format of a download. */
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
  /** Name of a downloaded file: the machine's name as far as it is harmless, then a time and an id. */
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
  const { compression, machineName } = dumpType.requestOf(operation);
  const { extension } = compressions[compression];
  const named = `${harmless(machineName)}_${file}`;
  const fileName = (form: DownloadForm) =>
    form === 'IMAGE' && extension !== '' && named.endsWith(extension) ? named.slice(0, -extension.length) : named;
  return { dumpId, key: { folder, file }, compression, sha256, fileName };
}

/** A name that a stranger chose, for a header and a file system: letters, digits, dot, dash and underscore of ASCII. */
const harmless = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 64) || 'machine';

/** What a ticket for a download is for. */
export const downloadTarget = (dumpId: string, form: DownloadForm): string => `download ${dumpId} ${form}`;
