import { useEffect, useRef } from 'react';
import { type AnyVariables, type TypedDocumentNode, type UseQueryState, useQuery } from 'urql';
import { type Topic, useFreshness } from './freshness.ts';

export interface FreshQuery<Data, Variables extends AnyVariables> extends UseQueryState<Data, Variables> {
  /** Asks again now. */
  readonly refresh: () => void;
}

/**
 * A query that asks again when one of its topics changed, and keeps what it has on the screen meanwhile, also when the server
 * is gone: then there are data and an error. `frozen` leaves the answer as it is until it is no longer.
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

  // An answer that failed has no data; what was known before it is still what is known, and stays on the screen.
  const key = JSON.stringify(variables);
  const known = useRef<{ readonly key: string; readonly data: Data | undefined }>({ key, data: undefined });
  if (state.data !== undefined) known.current = { key, data: state.data };
  const data = state.data ?? (known.current.key === key ? known.current.data : undefined);

  return { ...state, data, refresh } as FreshQuery<Data, Variables>;
}
