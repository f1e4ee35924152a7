import type { Compression, ImageFormat, MethodChoice } from '../api/generated/graphql.ts';
import { createStore, type Store } from './store.ts';

/** A question before something that cannot be taken back. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button that does it says. */
  readonly action: string;
  /** What the button that leaves everything as it is says; `Cancel` if absent. */
  readonly keep?: string;
  readonly run: () => void;
}

/** The plan: which machines it opens with (ids), or all that can be dumped. */
export interface PlanRequest {
  readonly vms: readonly string[] | 'ALL';
  /** How, if not the usual way: that of a dump that is tried again. */
  readonly how?: { readonly method: MethodChoice; readonly format: ImageFormat; readonly compression: Compression };
}

/** The dialogs that any screen may open; each is shown while its store holds something. */
export interface Dialogs {
  readonly question: Store<Question | null>;
  readonly plan: Store<PlanRequest | null>;
  /** The command palette, and the list of keyboard shortcuts. */
  readonly palette: Store<boolean>;
  readonly shortcuts: Store<boolean>;
}

export const createDialogs = (): Dialogs => ({
  question: createStore<Question | null>(null),
  plan: createStore<PlanRequest | null>(null),
  palette: createStore(false),
  shortcuts: createStore(false),
});
