import type { Operation } from '../operations/operation.ts';
import type { ArtifactKey } from '../storage/artifact-store.ts';
import { compressions, type DumpRequest, imageFormats } from './dump-request.ts';

/**
 * The artifact's name, made of ids and a time only: `<machine id>/<UTC time>_<dump id>.elf.zst`. It follows from the
 * operation alone, so that recovery finds what a server that died had begun.
 */
export function artifactKeyOf(
  operation: Pick<Operation, 'id' | 'createdAtMs'>,
  { machineId, format, compression }: DumpRequest,
): ArtifactKey {
  const time = new Date(operation.createdAtMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const extension = `${imageFormats[format].extension}${compressions[compression].extension}`;
  return { folder: machineId, file: `${time}_${operation.id}.${extension}` };
}
