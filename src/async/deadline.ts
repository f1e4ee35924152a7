export interface DeadlineOptions {
  readonly ms: number;
  /** The reason once the time is over. */
  late(): Error;
  /** Ends it earlier. */
  readonly outer?: AbortSignal | undefined;
  /** The reason then; without it, the outer signal's own. */
  ended?(outerReason: unknown): Error;
}

/** A signal that is aborted at a time limit or with another signal. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/** Dispose of it when what it limits is done: its timer and its listener go then. */
export function deadline({ ms, late, outer, ended }: DeadlineOptions): Deadline {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(ended === undefined ? outer?.reason : ended(outer?.reason));
  if (outer?.aborted) onAbort();
  outer?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => controller.abort(late()), ms);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onAbort);
    },
  };
}
