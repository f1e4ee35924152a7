import { useEffect, useRef } from 'react';
import { type AnyVariables, type TypedDocumentNode, type UseQueryState, useQuery } from 'urql';
import { freshness, type Topic } from './freshness.ts';

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
  const refresh = () => execute({ requestPolicy: 'network-only' });
  const latest = useRef(refresh);
  latest.current = refresh;
  const asked = useRef<number>(undefined);
  asked.current ??= freshness.version(topics);
  const about = topics.join();

  // Not `useFreshness`: that something changed is a reason to ask, and only the answer is one to draw.
  useEffect(() => {
    if (pause || frozen) return;
    const look = () => {
      const version = freshness.version(about.split(',') as Topic[]);
      if (asked.current === version) return;
      asked.current = version;
      latest.current();
    };
    look();
    return freshness.subscribe(look);
  }, [about, pause, frozen]);

  // An answer that failed has no data; what was known before it is still what is known, and stays on the screen.
  const key = JSON.stringify(variables);
  const known = useRef<{ readonly key: string; readonly data: Data | undefined }>({ key, data: undefined });
  if (state.data !== undefined) known.current = { key, data: state.data };
  const data = state.data ?? (known.current.key === key ? known.current.data : undefined);

  return { ...state, data, refresh } as FreshQuery<Data, Variables>;
}
