/** Waits for so long, or until one of the signals is aborted; leaves no timer and no listener behind. Never rejects. */
export async function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  if (signals.some((signal) => signal.aborted)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const onAbort = (): void => resolve();
  const timer = setTimeout(onAbort, ms);
  for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true });
  await promise;
  clearTimeout(timer);
  for (const signal of signals) signal.removeEventListener('abort', onAbort);
}
