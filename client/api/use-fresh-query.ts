import { useEffect, useMemo, useState } from 'react';
import { type AnyVariables, type CombinedError, createRequest, type TypedDocumentNode } from 'urql';
import type { Topic } from '../state/freshness.ts';
import type { Answer } from './answers.ts';
import { useApi } from './use-api.ts';

export interface FreshQuery<Data> {
  /** The newest that is known; while another page of a list is on its way, the one before it. */
  readonly data: Data | undefined;
  /** Why the newest answer is none; what was known before it is still there. */
  readonly error: CombinedError | undefined;
  /** Nothing is known yet of what is asked for now. */
  readonly fetching: boolean;
  /** Asks again now. */
  readonly refresh: () => void;
}

interface Shown<Data> extends Answer<Data> {
  /** Of the question: document and variables. */
  readonly key: number;
}

/**
 * A query that asks again when one of its topics changed, and keeps what it has on the screen meanwhile, also when the server
 * is gone: then there are data and an error. `frozen` leaves the answer as it is until it is no longer. It asks when it is on
 * the screen and never while it is being drawn: a screen is drawn beside another in pieces, and perhaps several times.
 */
export function useFreshQuery<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  topics: readonly Topic[],
  options: { readonly pause?: boolean; readonly frozen?: boolean } = {},
): FreshQuery<Data> {
  const { pause = false, frozen = false } = options;
  const { answers } = useApi();
  const text = JSON.stringify(variables);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the variables, which are new at each render
  const request = useMemo(() => createRequest(query, variables), [query, text]);
  const { key } = request;
  const [shown, setShown] = useState<Shown<Data>>();
  const about = topics.join();

  useEffect(() => {
    if (pause) return;
    const show = () => setShown({ key, ...answers.get(request) });
    const end = answers.watch(request, { topics: about.split(',') as Topic[], frozen, listener: show });
    show();
    return end;
  }, [answers, request, key, about, pause, frozen]);

  const refresh = () => answers.refresh(request);
  const answer = shown?.key === key ? shown : answers.get(request);
  const isKnown = answer.data !== undefined;
  return {
    data: answer.data ?? shown?.data,
    error: answer.error,
    fetching: !isKnown && answer.error === undefined && !pause,
    refresh,
  };
}
