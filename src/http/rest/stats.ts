import type { Actor } from '../../access/actor.ts';
import type { Ask } from './ask.ts';

const document = '{ dumpStats { totalDumps totalVms totalSizeBytes avgDurationSec lastDump warnings } }';

interface Payload {
  readonly dumpStats: {
    readonly totalDumps: number | null;
    readonly totalVms: number | null;
    readonly totalSizeBytes: number | null;
    readonly avgDurationSec: number | null;
    readonly lastDump: string | null;
    readonly warnings: readonly string[];
  };
}

/** `GET /api/memory-dumps/stats`. A measure that could not be computed is null, with a warning. */
export async function showStats(ask: Ask, actor: Actor) {
  const { dumpStats } = await ask<Payload>(actor, document);
  const { totalDumps, totalVms, totalSizeBytes, avgDurationSec, lastDump, warnings } = dumpStats;
  return {
    total_dumps: totalDumps,
    total_vms: totalVms,
    total_size_bytes: totalSizeBytes,
    avg_duration_sec: avgDurationSec,
    last_dump: lastDump,
    ...(warnings.length > 0 && { warnings }),
  };
}
