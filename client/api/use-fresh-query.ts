import type { Client } from '@urql/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type AnyVariables, type CombinedError, createRequest, type TypedDocumentNode, useClient } from 'urql';
import { freshness, type Topic } from './freshness.ts';

export interface FreshQuery<Data> {
  /** The newest that is known; while another page of a list is on its way, the one before it. */
  readonly data: Data | undefined;
  /** Why the newest answer is none; what was known before it is still there. */
  readonly error: CombinedError | undefined;
  /** Nothing is known yet of what is asked for now. */
  readonly fetching: boolean;
  /** Something is known, and newer is on its way. */
  readonly stale: boolean;
  /** Asks again now. */
  readonly refresh: () => void;
}

interface Answer<Data> extends Omit<FreshQuery<Data>, 'refresh'> {
  /** Of the question: document and variables. */
  readonly key: number;
}

/** What was answered last, by question: shown at once where it is asked again. As many as screens and pages of an hour's work. */
const keptAnswers = 200;
const answers = new WeakMap<Client, Map<number, unknown>>();

function answersOf(client: Client): Map<number, unknown> {
  const known = answers.get(client) ?? new Map<number, unknown>();
  if (!answers.has(client)) answers.set(client, known);
  return known;
}

function keep(known: Map<number, unknown>, key: number, data: unknown): void {
  known.delete(key);
  known.set(key, data);
  for (const oldest of known.keys()) if (known.size > keptAnswers) known.delete(oldest);
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
  const client = useClient();
  const text = JSON.stringify(variables);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the variables, which are new at each render
  const request = useMemo(() => createRequest(query, variables), [query, text]);
  const { key } = request;
  const [answer, setAnswer] = useState<Answer<Data>>();

  useEffect(() => {
    if (pause) return;
    const known = answersOf(client);
    const { unsubscribe } = client.executeQuery<Data, Variables>(request).subscribe(({ data, error, stale }) => {
      if (data != null) keep(known, key, data);
      setAnswer({ key, data: data ?? (known.get(key) as Data | undefined), error, fetching: false, stale });
    });
    return unsubscribe;
  }, [client, request, key, pause]);

  const refresh = () => {
    void client.executeQuery(request, { requestPolicy: 'network-only' }).toPromise();
  };
  useAgain(topics, pause || frozen, refresh);

  if (answer?.key === key) return { ...answer, refresh };
  const before = answersOf(client).get(key) as Data | undefined;
  const isKnown = before !== undefined;
  return { data: before ?? answer?.data, error: undefined, fetching: !isKnown && !pause, stale: isKnown, refresh };
}

/** Calls `ask` when one of the topics changed. That something changed is a reason to ask; only the answer is one to draw. */
function useAgain(topics: readonly Topic[], off: boolean, ask: () => void): void {
  const latest = useRef(ask);
  latest.current = ask;
  const asked = useRef<number>(undefined);
  asked.current ??= freshness.version(topics);
  const about = topics.join();
  useEffect(() => {
    if (off) return;
    const look = () => {
      const version = freshness.version(about.split(',') as Topic[]);
      if (asked.current === version) return;
      asked.current = version;
      latest.current();
    };
    look();
    return freshness.subscribe(look);
  }, [about, off]);
}
