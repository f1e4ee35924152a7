import { type OperationState, operationStates } from '../../domain/operation-state.ts';
import type { ToldStatus } from './told-status.ts';
import type { TriggerMemory } from './trigger-memory.ts';

/** The fields of a dump that the old shapes are made of. */
export const dumpFields = `
  id vmName machineId vmid state phase message progress { percent } createdAt startedAt finishedAt dumpPath plannedPath
  durationSec
  error { message }
`;

export interface DumpNode {
  readonly id: string;
  readonly vmName: string;
  readonly machineId: string;
  readonly vmid: string | null;
  readonly state: OperationState;
  readonly message: string;
  readonly progress: { readonly percent: number | null } | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly dumpPath: string | null;
  readonly plannedPath: string;
  readonly durationSec: number | null;
  readonly error: { readonly message: string } | null;
}

export function toStatus(dump: DumpNode, memory: TriggerMemory): ToldStatus {
  const percent = dump.state === 'COMPLETED' ? 100 : memory.percentOf(dump.id, dump.progress?.percent ?? null);
  const message = dump.state === 'RUNNING' ? `Dump in progress (${percent}%)` : (dump.error?.message ?? dump.message);
  return {
    dump_id: dump.id,
    vm: dump.vmName,
    state: operationStates[dump.state].rest,
    progress: percent,
    message,
    started_at: dump.startedAt,
    finished_at: dump.finishedAt,
    dump_path: dump.dumpPath ?? (dump.state === 'RUNNING' ? dump.plannedPath : null),
    duration_sec: dump.durationSec,
  };
}

/** The newest dump of each machine, by its name, of dumps that come newest first. */
export function newestByName(dumps: readonly DumpNode[], memory: TriggerMemory): Record<string, ToldStatus> {
  const newest = new Map<string, DumpNode>();
  for (const dump of dumps) if (!newest.has(dump.vmName)) newest.set(dump.vmName, dump);
  return Object.fromEntries([...newest].map(([name, dump]) => [name, toStatus(dump, memory)]));
}

/**
 * A moment as the old services wrote their own: local time to the microsecond, without a zone. Times of dumps always had one.
 */
export function localTimestamp(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, -1);
  return `${local}000`;
}
