import { matchesPattern } from '../../domain/name-pattern.ts';
import type { Condition } from './alert.ts';
import type { AlertSource } from './alert-source.ts';

const dayMs = 86_400_000;

export interface NoGoodDumpOptions {
  readonly maxAgeMs: number;
  /** Names of machines that are to have dumps, with `*` and `?`. */
  readonly pattern: string;
  readonly machines: () => Promise<readonly { readonly id: string; readonly name: string }[]>;
  /** When the newest dump of a machine was taken that is there and not known to be damaged; null if there is none. */
  readonly lastGoodMs: (machineId: string) => Promise<number | null>;
  readonly now?: () => number;
}

/** A machine that should have a recent dump has none. */
export function noGoodDump(options: NoGoodDumpOptions): AlertSource {
  const { maxAgeMs, pattern, machines, lastGoodMs, now = Date.now } = options;
  return {
    kind: 'NO_GOOD_DUMP',
    async look(signal) {
      const conditions: Condition[] = [];
      for (const { id, name } of await machines()) {
        signal.throwIfAborted();
        if (!matchesPattern(pattern, name)) continue;
        const lastMs = await lastGoodMs(id);
        if (lastMs !== null && now() - lastMs < maxAgeMs) continue;
        const days = Math.floor((now() - (lastMs ?? 0)) / dayMs);
        const message =
          lastMs === null ? `${name} has no good dump.` : `The last good dump of ${name} is ${days} days old.`;
        conditions.push({ kind: 'NO_GOOD_DUMP', subject: id, machine: name, message });
      }
      return conditions;
    },
  };
}
