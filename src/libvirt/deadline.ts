import { LibvirtError } from './error.ts';

/** A signal that is aborted at a time limit or with another signal, with a LibvirtError as its reason either way. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/** Dispose it when what it limits is done: its timer and its listener go then. */
export function deadline(what: string, timeoutMs: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const onAbort = (): void =>
    controller.abort(new LibvirtError('ABORTED', `${what} was aborted`, { cause: outer?.reason }));
  if (outer?.aborted) onAbort();
  outer?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(
    () => controller.abort(new LibvirtError('TIMEOUT', `${what} took longer than ${timeoutMs} ms`)),
    timeoutMs,
  );
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onAbort);
    },
  };
}
