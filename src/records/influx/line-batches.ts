import type { InfluxClient } from '../../influx/influx-client.ts';
import { isInfluxError } from '../../influx/influx-error.ts';

/** Lines that belong together. */
export interface LineGroup {
  readonly lines: readonly string[];
}

export interface Refused<G extends LineGroup> {
  readonly group: G;
  readonly reason: string;
}

/**
 * Writes groups of lines, each group whole: the ones that InfluxDB refuses for what they are come back, the others are written.
 * A batch is all or nothing, so halves show which group it is.
 */
export async function writeOrRefuse<G extends LineGroup>(
  client: InfluxClient,
  groups: readonly G[],
  signal: AbortSignal,
): Promise<Refused<G>[]> {
  const [first] = groups;
  if (first === undefined) return [];
  try {
    const lines = groups.flatMap((group) => group.lines);
    await client.write(lines, signal);
    return [];
  } catch (error) {
    if (!isInfluxError(error, 'BAD_LINE', 'TOO_MUCH')) throw error;
    if (groups.length === 1) return [{ group: first, reason: error.message }];
    const half = Math.ceil(groups.length / 2);
    return [
      ...(await writeOrRefuse(client, groups.slice(0, half), signal)),
      ...(await writeOrRefuse(client, groups.slice(half), signal)),
    ];
  }
}
