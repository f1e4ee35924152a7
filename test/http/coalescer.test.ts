import { describe, expect, it } from 'vitest';
import type { Askers } from '../../src/async/askers.ts';
import { Coalescer } from '../../src/http/coalescer.ts';

/** Work that ends when the test says so. */
function works() {
  const begun: PromiseWithResolvers<number>[] = [];
  const work = () => {
    const deferred = Promise.withResolvers<number>();
    begun.push(deferred);
    return deferred.promise;
  };
  return { begun, work };
}

describe('the coalescer', () => {
  it('never lets anybody join what has begun, and everybody what has not', async () => {
    const { begun, work } = works();
    const coalescer = new Coalescer<number>();
    const first = coalescer.run('k', work);
    expect(coalescer.join('k')).toBeUndefined();
    const second = coalescer.run('k', work);
    const third = coalescer.run('k', work);
    expect(coalescer.join('k')).toBe(second);
    expect(third).toBe(second);
    expect(begun).toHaveLength(1);
    begun[0]?.resolve(1);
    expect(await first).toBe(1);
    await Promise.resolve();
    expect(begun).toHaveLength(2);
    const fourth = coalescer.run('k', work);
    begun[1]?.resolve(2);
    expect(await second).toBe(2);
    await expect.poll(() => begun.length).toBe(3);
    begun[2]?.resolve(3);
    expect(await fourth).toBe(3);
    // Nothing is left: who comes later begins anew.
    await expect.poll(() => coalescer.join('k')).toBeUndefined();
    void coalescer.run('k', work);
    expect(begun).toHaveLength(4);
  });

  it('keeps different questions apart, and goes on after a failure', async () => {
    const { begun, work } = works();
    const coalescer = new Coalescer<number>();
    const failing = coalescer.run('a', work);
    const other = coalescer.run('b', work);
    const waiting = coalescer.run('a', work);
    begun[0]?.reject(new Error('no'));
    await expect(failing).rejects.toThrow('no');
    begun[1]?.resolve(5);
    expect(await other).toBe(5);
    await expect.poll(() => begun.length).toBe(3);
    begun[2]?.resolve(6);
    expect(await waiting).toBe(6);
  });

  it('tells the work when everybody who asked for it has gone, and not before', async () => {
    const coalescer = new Coalescer<number>();
    const leaving = new Map<string, () => void>();
    const as = (name: string) => (leave: () => void) => void leaving.set(name, leave);
    const signals: AbortSignal[] = [];
    const ends: PromiseWithResolvers<number>[] = [];
    const work = (askers: Askers) => {
      signals.push(askers.signal);
      const end = Promise.withResolvers<number>();
      ends.push(end);
      return end.promise;
    };
    void coalescer.run('k', work, as('first'));
    const second = coalescer.run('k', work, as('second'));
    void coalescer.join('k', as('third'));
    leaving.get('first')?.();
    expect(signals[0]?.aborted).toBe(true);
    // It left before the work began.
    leaving.get('second')?.();
    ends[0]?.resolve(1);
    await expect.poll(() => signals.length).toBe(2);
    expect(signals[1]?.aborted).toBe(false);
    leaving.get('third')?.();
    expect(signals[1]?.aborted).toBe(true);
    ends[1]?.resolve(2);
    expect(await second).toBe(2);
  });
});
