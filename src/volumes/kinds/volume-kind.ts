import type { Json } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { OperationKind, RunContext, RunOutcome } from '../../operations/operation-kind.ts';
import type { OperationType } from '../../operations/operation-type.ts';
import type { VolumeCatalogue } from '../catalogue.ts';
import type { DeviceFinder } from '../device-finder.ts';
import type { DeviceNames } from '../device-names.ts';
import type { VolumeExports } from '../exports/volume-exports.ts';
import type { VolumeResult } from '../operation-types.ts';
import type { Volume } from '../volume.ts';
import type { VolumeProvider } from '../volume-provider.ts';

/** What operations on volumes work with. */
export interface VolumeParts {
  readonly provider: VolumeProvider;
  readonly catalogue: VolumeCatalogue;
  readonly finder: DeviceFinder;
  readonly names: DeviceNames;
  readonly exports: VolumeExports;
  readonly now?: () => number;
  /** Called between any two steps, with the step's name: where a test ends the process. */
  readonly reached?: (step: string) => void;
}

/** How long one operation may take, and how many run at once. */
const timeoutMs = 600_000;
const parallel = 10;
/** What has to be put right after a run was aborted gets a time of its own. */
const compensationMs = 30_000;

/** A run's own surroundings: its volume as the catalogue has it, and its steps, each of which can be the last. */
export interface VolumeRun<Request extends Json> extends VolumeParts {
  readonly context: RunContext<Request>;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  step(name: string, message: string): Promise<void>;
}

/**
 * A kind of operation on volumes. Every step can be repeated, because the provider finds its own by our mark: what was interrupted by
 * the server's end simply runs again.
 */
export function volumeKind<Request extends Json>(
  type: OperationType<Request, VolumeResult>,
  parts: VolumeParts,
  work: (run: VolumeRun<Request>) => Promise<RunOutcome<VolumeResult>>,
): OperationKind<Request, VolumeResult> {
  const { reached = () => undefined, now = Date.now } = parts;
  return {
    type,
    parallel,
    stallTimeoutMs: 0,
    timeoutMs,
    async run(context) {
      reached(`${type.name} started`);
      const outcome = await work({
        ...parts,
        context,
        signal: context.signal,
        nowMs: now,
        reached,
        async step(name, message) {
          context.signal.throwIfAborted();
          await context.phase(name, message);
          reached(`${type.name} ${name}`);
        },
      });
      reached(`${type.name} done`);
      return outcome;
    },
    recover: async () => ({ action: 'REQUEUE', message: 'The server ended meanwhile; every step is repeated' }),
  };
}

/** The volume that an operation is about, as it is now. */
export async function volumeOf(catalogue: VolumeCatalogue, id: string): Promise<Volume> {
  const volume = await catalogue.get(id);
  if (volume === null) throw new MemoirError('NOT_FOUND', `there is no volume ${id}`);
  return volume;
}

/** What an operation leaves behind for its callers. */
export const resultOf = (volumeId: string, more: Partial<VolumeResult> = {}): VolumeResult => ({
  volumeId,
  devicePath: null,
  uri: null,
  ...more,
});

/** For putting things right: the run's own signal may be aborted already. */
export const compensationSignal = (): AbortSignal => AbortSignal.timeout(compensationMs);
