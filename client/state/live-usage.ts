import { useCallback, useSyncExternalStore } from 'react';
import type { UsageFragment } from '../api/generated/graphql.ts';
import { usePage } from './page.ts';

/** Samples of one machine since the page was opened, oldest first. */
export type Usages = readonly UsageFragment[];

/** As many as an hour has: what is older is asked for. */
const kept = 360;
const none: Usages = [];

/** The round of samples that came last: when it was taken, and of how many machines. */
export interface NewestUsage {
  readonly at: string | null;
  readonly machines: number;
}

export interface LiveUsage {
  newest(): NewestUsage;
  receive(samples: Usages): void;
  get(id: string): Usages;
  subscribe(listener: () => void): () => void;
}

/** Samples outside of React and of the cache: drawn, not remembered. The same array for as long as nothing was added to it. */
export function createLiveUsage(): LiveUsage {
  let newest: NewestUsage = { at: null, machines: 0 };
  let byMachine = new Map<string, Usages>();
  const listeners = new Set<() => void>();
  return {
    newest: () => newest,
    receive(samples) {
      const last = samples.at(-1);
      if (last) newest = { at: last.at, machines: samples.length };
      const next = new Map<string, Usages>();
      for (const sample of samples) {
        const before = byMachine.get(sample.vmId) ?? none;
        // The first of a new connection may be the last of the old one.
        const isNew = before.at(-1)?.at !== sample.at;
        next.set(sample.vmId, isNew ? [...before.slice(1 - kept), sample] : before);
      }
      // A machine that is off keeps what was drawn of it; of machines that come and go not all are kept.
      if (byMachine.size < 5000) for (const [id, before] of byMachine) if (!next.has(id)) next.set(id, before);
      byMachine = next;
      for (const listener of listeners) listener();
    },
    get: (id) => byMachine.get(id) ?? none,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useLiveUsage(id: string): Usages {
  const { usage } = usePage();
  const read = useCallback(() => usage.get(id), [usage, id]);
  return useSyncExternalStore(usage.subscribe, read);
}

export function useNewestUsage(): NewestUsage {
  const { usage } = usePage();
  return useSyncExternalStore(usage.subscribe, usage.newest);
}
