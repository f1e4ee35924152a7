import type { Client } from '@urql/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type AnyVariables, type CombinedError, createRequest, type TypedDocumentNode, useClient } from 'urql';
import { freshness, type Topic } from '../state/freshness.ts';

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

/** What the page knows of its questions, by their keys. */
interface Memory {
  /** What was answered last: shown at once where it is asked again. */
  readonly answers: Map<number, unknown>;
  /** How often they are on the screen: their answers are kept fresh, and whoever comes later shares them. */
  readonly shown: Map<number, number>;
}

/** As many answers as screens and pages of an hour's work. */
const keptAnswers = 200;
const memories = new WeakMap<Client, Memory>();

function memoryOf(client: Client): Memory {
  const known = memories.get(client);
  if (known) return known;
  const memory: Memory = { answers: new Map(), shown: new Map() };
  memories.set(client, memory);
  return memory;
}

function keep({ answers }: Memory, key: number, data: unknown): void {
  answers.delete(key);
  answers.set(key, data);
  for (const oldest of answers.keys()) if (answers.size > keptAnswers) answers.delete(oldest);
}

function count({ shown }: Memory, key: number, change: 1 | -1): void {
  const times = (shown.get(key) ?? 0) + change;
  if (times > 0) shown.set(key, times);
  else shown.delete(key);
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
    const memory = memoryOf(client);
    const context = memory.shown.has(key) ? ({ requestPolicy: 'cache-first' } as const) : {};
    count(memory, key, 1);
    const asking = client.executeQuery<Data, Variables>(request, context);
    const { unsubscribe } = asking.subscribe(({ data, error, stale }) => {
      if (data != null) keep(memory, key, data);
      setAnswer({ key, data: data ?? (memory.answers.get(key) as Data | undefined), error, fetching: false, stale });
    });
    return () => {
      unsubscribe();
      count(memory, key, -1);
    };
  }, [client, request, key, pause]);

  const refresh = () => {
    void client.executeQuery(request, { requestPolicy: 'network-only' }).toPromise();
  };
  useAgain(topics, pause || frozen, refresh);

  if (answer?.key === key) return { ...answer, refresh };
  const before = memoryOf(client).answers.get(key) as Data | undefined;
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
