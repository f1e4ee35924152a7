import { createStore, type Store } from './store.ts';

export type Tone = 'success' | 'error' | 'warning' | 'info';

export interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
  /** Something that can still be done about it, for as long as it is shown. */
  readonly action?: { readonly label: string; readonly run: () => void };
  readonly shownMs: number;
}

export interface Toasts extends Pick<Store<readonly Toast[]>, 'get' | 'subscribe'> {
  /** Shows a short message for three seconds (for as long as nobody points at it). The oldest gives way when there are too many. */
  show(tone: Tone, text: string, options?: Partial<Pick<Toast, 'action' | 'shownMs'>>): number;
  dismiss(id: number): void;
}

/** As many as are seen at once; more would cover the page. */
const most = 4;
const usualMs = 3000;

export function createToasts(): Toasts {
  const store = createStore<readonly Toast[]>([]);
  let serial = 0;
  return {
    get: store.get,
    subscribe: store.subscribe,
    show(tone, text, options = {}) {
      serial += 1;
      store.set([...store.get(), { shownMs: usualMs, ...options, id: serial, tone, text }].slice(-most));
      return serial;
    },
    dismiss(id) {
      store.set(store.get().filter((each) => each.id !== id));
    },
  };
}
