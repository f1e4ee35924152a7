/**
 * What comes of `work`, if it comes within so long; undefined if not. The work itself goes on, and whatever becomes of it afterwards
 * is nobody's any more. Its timer keeps no process alive and does not outlast the wait.
 */
export async function atMost<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms).unref();
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
