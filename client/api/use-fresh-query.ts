import { useEffect, useRef } from 'react';
import { type AnyVariables, type TypedDocumentNode, type UseQueryState, useQuery } from 'urql';
import { type Topic, useFreshness } from './freshness.ts';

export interface FreshQuery<Data, Variables extends AnyVariables> extends UseQueryState<Data, Variables> {
  /** Asks again now. */
  readonly refresh: () => void;
}

/**
 * A query that asks again when one of its topics changed, and keeps what it has on the screen meanwhile. `frozen` leaves the
 * answer as it is until it is no longer.
 */
export function useFreshQuery<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  topics: readonly Topic[],
  options: { readonly pause?: boolean; readonly frozen?: boolean } = {},
): FreshQuery<Data, Variables> {
  const { pause = false, frozen = false } = options;
  const [state, execute] = useQuery<Data, Variables>({ query, variables, pause } as Parameters<
    typeof useQuery<Data, Variables>
  >[0]);
  const version = useFreshness(topics);
  const asked = useRef(version);
  const refresh = () => execute({ requestPolicy: 'network-only' });

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new version is a reason; `refresh` is new at each render
  useEffect(() => {
    if (pause || frozen || asked.current === version) return;
    asked.current = version;
    refresh();
  }, [version, pause, frozen]);

  return { ...state, refresh };
}
