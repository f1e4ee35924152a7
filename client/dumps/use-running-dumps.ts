import { useEffect, useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { ActiveDumpsDocument, type ActiveDumpsQuery } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import type { LiveProgress } from '../state/live-progress.ts';
import { usePage } from '../state/page.ts';

export type RunningDump = ActiveDumpsQuery['dumps']['nodes'][number];

/** So long an ended dump stays where the eye was watching it. */
const lingerMs = 6000;

export interface RunningDumps {
  /** At work first, then those that wait, both in the order of their coming; the ones that just ended keep their place. */
  readonly dumps: readonly RunningDump[] | undefined;
  /** How many are at work, and how many wait for their turn. */
  readonly working: number;
  readonly waiting: number;
  readonly error: CombinedError | undefined;
  readonly refresh: () => void;
}

export function useRunningDumps(): RunningDumps {
  const { data, error, refresh } = useFreshQuery(ActiveDumpsDocument, {}, ['active']);
  const { progress } = usePage();
  const before = useRef<readonly RunningDump[]>([]);
  const [ended, setEnded] = useState<readonly RunningDump[]>([]);
  const nodes = data?.dumps.nodes;

  useEffect(() => {
    if (!nodes) return;
    const now = new Set(nodes.map(({ id }) => id));
    const gone = before.current.filter(({ id }) => !now.has(id) && progress.get(id)?.final);
    before.current = nodes;
    if (gone.length === 0) return;
    setEnded((some) => [...some.filter(({ id }) => !now.has(id)), ...gone]);
    const ids = new Set(gone.map(({ id }) => id));
    setTimeout(() => {
      setEnded((some) => some.filter(({ id }) => !ids.has(id)));
      progress.forget(ids);
    }, lingerMs);
  }, [nodes, progress]);

  const present = new Set(nodes?.map(({ id }) => id));
  const dumps = nodes && [...nodes, ...ended.filter(({ id }) => !present.has(id))].sort(byTurn(progress));
  const working = nodes?.filter(({ state }) => state === 'RUNNING').length ?? 0;
  return { dumps, working, waiting: (data?.dumps.totalCount ?? 0) - working, error, refresh };
}

function byTurn(progress: LiveProgress): (a: RunningDump, b: RunningDump) => number {
  const waits = (dump: RunningDump) => (dump.state === 'QUEUED' && !progress.get(dump.id)?.final ? 1 : 0);
  return (a, b) => waits(a) - waits(b) || a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id);
}
