import { createStore } from './store.ts';

export type Tone = 'success' | 'error' | 'warning' | 'info';

export interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
}

/** As many as are seen at once; more would cover the page. */
const most = 4;

let serial = 0;
export const toasts = createStore<readonly Toast[]>([]);

/** Shows a short message for three seconds (for as long as nobody points at it). The oldest gives way when there are too many. */
export function toast(tone: Tone, text: string): void {
  serial += 1;
  toasts.set([...toasts.get(), { id: serial, tone, text }].slice(-most));
}

export function dismissToast(id: number): void {
  toasts.set(toasts.get().filter((each) => each.id !== id));
}
