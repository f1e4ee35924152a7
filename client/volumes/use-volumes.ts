import { useMemo } from 'react';
import { type CombinedError, useSubscription } from 'urql';
import {
  ActiveVolumeOperationsDocument,
  VolumeProgressDocument,
  type VolumeProgressSubscription,
  VolumesDocument,
  type VolumesQuery,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import type { Volume } from './volume-view.ts';

type Tick = VolumeProgressSubscription['operationProgress'];

/** An operation on a volume that is queued or running, as it was heard of last. */
export interface ActiveOperation {
  readonly id: string;
  readonly kind: string;
  readonly message: string;
}

export interface Volumes {
  readonly volumes: readonly Volume[] | undefined;
  readonly provider: VolumesQuery['volumeProvider'] | undefined;
  /** By the id of the volume. */
  readonly active: ReadonlyMap<string, ActiveOperation>;
  readonly error: CombinedError | undefined;
  readonly refresh: () => void;
}

/** The volumes, and what is being done with them. */
export function useVolumes(): Volumes {
  const { data, error, refresh } = useFreshQuery(VolumesDocument, {}, ['volumes']);
  const operations = useFreshQuery(ActiveVolumeOperationsDocument, {}, ['volumes']).data?.operations.nodes;
  const ticks = useTicks();
  const active = useMemo(() => {
    const found = (operations ?? []).flatMap((operation): [string, ActiveOperation][] => {
      if (!('volumeId' in operation) || operation.volumeId === null) return [];
      const tick = ticks.get(operation.id);
      if (tick?.final) return [];
      return [[operation.volumeId, { ...operation, message: tick?.message ?? operation.message }]];
    });
    return new Map(found);
  }, [operations, ticks]);
  return { volumes: data?.volumes, provider: data?.volumeProvider, active, error, refresh };
}

/** As many operations as are followed at once. */
const kept = 200;
const nothing: ReadonlyMap<string, Tick> = new Map();

/** The latest of each operation, from the moment when the screen was opened. */
function useTicks(): ReadonlyMap<string, Tick> {
  const [{ data }] = useSubscription(
    { query: VolumeProgressDocument },
    (ticks: ReadonlyMap<string, Tick> = nothing, { operationProgress }: VolumeProgressSubscription) => {
      const others = [...ticks].filter(([id]) => id !== operationProgress.id);
      return new Map([...others, [operationProgress.id, operationProgress] as const].slice(-kept));
    },
  );
  return data ?? nothing;
}
