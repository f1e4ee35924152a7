import { createStore, type Store } from './store.ts';

/** A question before something that cannot be taken back. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button that does it says. */
  readonly action: string;
  readonly run: () => void;
}

/** The plan: which machines it opens with (ids), or all that can be dumped. */
export interface PlanRequest {
  readonly vms: readonly string[] | 'ALL';
}

/** The dialogs that any screen may open; each is shown while its store holds something. */
export interface Dialogs {
  readonly question: Store<Question | null>;
  readonly plan: Store<PlanRequest | null>;
}

export const createDialogs = (): Dialogs => ({ question: createStore(null), plan: createStore(null) });
