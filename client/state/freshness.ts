import { useSyncExternalStore } from 'react';
import { usePage } from './page.ts';

/** What queries are about. An event marks topics as changed; the queries on the screen that are about them ask again. */
export type Topic = 'machines' | 'active' | 'records' | 'operations' | 'service' | 'access' | 'usage' | 'volumes';

export const allTopics: readonly Topic[] = [
  'machines',
  'active',
  'records',
  'operations',
  'service',
  'access',
  'usage',
  'volumes',
];

export interface Freshness {
  mark(topics: Iterable<Topic>): void;
  /** Grows when one of the topics is to be asked for again. */
  version(topics: readonly Topic[]): number;
  subscribe(listener: () => void): () => void;
}

/** Marks that come in quick succession count once: after `firstMs` at the earliest, and not more often than every `everyMs`. */
export function createFreshness(firstMs = 60, everyMs = 500): Freshness {
  const versions = new Map<Topic, number>();
  const marked = new Set<Topic>();
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;

  function publish(): void {
    timer = undefined;
    lastAt = performance.now();
    for (const topic of marked) versions.set(topic, (versions.get(topic) ?? 0) + 1);
    marked.clear();
    for (const listener of listeners) listener();
  }

  return {
    mark(topics) {
      for (const topic of topics) marked.add(topic);
      if (marked.size === 0 || timer !== undefined) return;
      timer = setTimeout(publish, Math.max(firstMs, lastAt + everyMs - performance.now()));
    },
    version: (topics) => topics.reduce((sum, topic) => sum + (versions.get(topic) ?? 0), 0),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useFreshness(topics: readonly Topic[]): number {
  const { freshness } = usePage();
  return useSyncExternalStore(freshness.subscribe, () => freshness.version(topics));
}
