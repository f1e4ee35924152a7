import type { Client, CombinedError, GraphQLRequest } from '@urql/core';
import { type AnyVariables, createRequest, type TypedDocumentNode } from '@urql/core';
import type { Freshness, Topic } from '../state/freshness.ts';
import { shareUnchanged } from './share-unchanged.ts';

export interface Answer<Data> {
  /** The newest that is known. */
  readonly data: Data | undefined;
  /** Why the newest answer is none; what was known before it is still there. */
  readonly error: CombinedError | undefined;
  readonly fetching: boolean;
}

/** Somebody who shows an answer. */
export interface Watcher {
  readonly topics: readonly Topic[];
  /** Leaves the answer as it is, whatever changes. */
  readonly frozen: boolean;
  readonly listener: () => void;
}

/**
 * The page's one cache: the last answer to each question, by question. What is shown is asked again when one of its topics
 * changed; what is shown twice is asked once. Parts of an answer that did not change stay the same objects.
 */
export interface Answers {
  get<Data>(request: GraphQLRequest<Data, AnyVariables>): Answer<Data>;
  /** Asks if nobody else shows it, and calls the listener after each change; the returned function ends that. */
  watch(request: GraphQLRequest<unknown, AnyVariables>, watcher: Watcher): () => void;
  /** Asks now, once more after what is already under way: that may be older than the reason to ask. */
  refresh(request: GraphQLRequest<unknown, AnyVariables>): void;
  /** What the server told by itself is the newest answer to that question. */
  put<Data, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    data: Data,
  ): void;
  peek<Data, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Data | undefined;
}

interface Entry {
  readonly request: GraphQLRequest<unknown, AnyVariables>;
  readonly watchers: Set<Watcher>;
  answer: Answer<unknown>;
  /** Of its topics, when it was asked last. */
  version: number;
  /** Asked again as soon as the answer under way is there. */
  again: boolean;
}

/** As many answers as screens and pages of an hour's work. */
const kept = 200;
const nothing: Answer<never> = { data: undefined, error: undefined, fetching: false };

export function createAnswers(client: Pick<Client, 'executeQuery'>, freshness: Freshness): Answers {
  const entries = new Map<number, Entry>();

  const isFollowed = ({ watchers }: Entry) => [...watchers].some(({ frozen }) => !frozen);
  const versionOf = ({ watchers }: Entry) =>
    freshness.version([...new Set([...watchers].flatMap(({ topics }) => topics))]);

  function set(entry: Entry, answer: Answer<unknown>): void {
    entry.answer = answer;
    for (const { listener } of [...entry.watchers]) listener();
  }

  async function ask(entry: Entry): Promise<void> {
    entry.version = versionOf(entry);
    if (entry.answer.fetching) {
      entry.again = true;
      return;
    }
    entry.again = false;
    set(entry, { ...entry.answer, fetching: true });
    const { data, error } = await client
      .executeQuery(entry.request, { requestPolicy: 'network-only' })
      .toPromise()
      .catch((cause) => ({ data: undefined, error: cause as CombinedError }));
    const known = data == null ? entry.answer.data : shareUnchanged(entry.answer.data, data);
    set(entry, { data: known, error, fetching: false });
    if (entry.again) void ask(entry);
  }

  function look(entry: Entry): void {
    if (isFollowed(entry) && versionOf(entry) !== entry.version) void ask(entry);
  }

  freshness.subscribe(() => {
    for (const entry of entries.values()) look(entry);
  });

  function entryOf(request: GraphQLRequest<unknown, AnyVariables>): Entry {
    const known = entries.get(request.key);
    const entry = known ?? { request, watchers: new Set(), answer: nothing, version: 0, again: false };
    // The order of the map is that of use.
    entries.delete(request.key);
    entries.set(request.key, entry);
    for (const [key, { watchers }] of entries) {
      if (entries.size <= kept) break;
      if (watchers.size === 0 && key !== request.key) entries.delete(key);
    }
    return entry;
  }

  return {
    get: <Data>({ key }: GraphQLRequest<Data, AnyVariables>) => (entries.get(key)?.answer ?? nothing) as Answer<Data>,
    watch(request, watcher) {
      const entry = entryOf(request);
      const isShown = isFollowed(entry) || (entry.watchers.size > 0 && watcher.frozen);
      entry.watchers.add(watcher);
      if (isShown) look(entry);
      else void ask(entry);
      return () => entry.watchers.delete(watcher);
    },
    refresh: (request) => void ask(entryOf(request)),
    put(document, variables, data) {
      const entry = entryOf(createRequest(document, variables) as Entry['request']);
      set(entry, { ...entry.answer, data: shareUnchanged(entry.answer.data, data), error: undefined });
    },
    peek: (document, variables) => entries.get(createRequest(document, variables).key)?.answer.data as never,
  };
}
