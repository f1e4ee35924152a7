import { createStore } from './store.ts';

/** A question before something that cannot be taken back. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button that does it says. */
  readonly action: string;
  readonly run: () => void;
}

export const question = createStore<Question | null>(null);

/** The plan: which machines it opens with (ids), or all that can be dumped. */
export interface PlanRequest {
  readonly vms: readonly string[] | 'ALL';
}

export const planRequest = createStore<PlanRequest | null>(null);
