import { describe, expect, it } from 'vitest';
import { atMost } from '../../src/async/at-most.ts';
import { CircuitBreaker } from '../../src/async/circuit-breaker.ts';
import { Wake } from '../../src/async/wake.ts';

const never = new Promise<never>(() => undefined);

describe('waiting for at most so long', () => {
  it('answers what comes in time, and says nothing of what does not', async () => {
    expect(await atMost(Promise.resolve('done'), 60_000)).toBe('done');
    expect(await atMost(never, 1)).toBe(undefined);
  });

  it('rejects as the work does, and takes no notice of what fails later', async () => {
    await expect(atMost(Promise.reject(new Error('no')), 60_000)).rejects.toThrow('no');
    const { promise, reject } = Promise.withResolvers<void>();
    expect(await atMost(promise, 1)).toBe(undefined);
    reject(new Error('too late'));
    await new Promise(setImmediate);
  });
});

describe('a wake', () => {
  it('keeps a knock that came before anybody slept', async () => {
    const wake = new Wake();
    wake.knock();
    await wake.wait();
  });

  it('wakes at a knock long before the time is over, and without one when it is', async () => {
    const wake = new Wake();
    const sleeping = wake.wait(600_000);
    wake.knock();
    await sleeping;
    await wake.wait(1);
  });

  it('keeps the knock that comes after a sleep was over', async () => {
    const wake = new Wake();
    await wake.wait(1);
    wake.knock();
    await wake.wait();
  });
});

describe('a circuit breaker', () => {
  it('is open for as long as its rest, and closed again afterwards', () => {
    let nowMs = 0;
    const breaker = new CircuitBreaker(100, () => nowMs);
    expect(breaker.isOpen).toBe(false);
    breaker.trip();
    expect(breaker.isOpen).toBe(true);
    nowMs = 99;
    expect(breaker.isOpen).toBe(true);
    nowMs = 100;
    expect(breaker.isOpen).toBe(false);
  });
});
