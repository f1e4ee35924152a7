/**
 * Waits for `work`, but no longer than until the signal is aborted: then it rejects, with the signal's reason or with what
 * `toError` makes of it. The work itself goes on, and whatever becomes of it afterwards is nobody's any more. Leaves no
 * listener behind.
 */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  toError: (reason: unknown) => unknown = (reason) => reason,
): Promise<T> {
  if (signal === undefined) return work;
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(toError(signal.reason));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  work.catch(() => undefined);
  try {
    return await Promise.race([ended, work]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
