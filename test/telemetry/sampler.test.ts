import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { MachineMeasurement } from '../../src/machines/machine.ts';
import { Rates } from '../../src/telemetry/rates.ts';
import type { Round } from '../../src/telemetry/sample.ts';
import { startSampler } from '../../src/telemetry/sampler.ts';
import { measurement } from '../fakes/machines.ts';

const second = 1000;

describe('rates', () => {
  const rates = () => new Rates(35 * second);

  it('are what counters grew by a second; of all virtual CPUs for the CPU; unknown for the first reading', () => {
    const made = rates();
    expect(made.next([measurement(1, 0)], 0)).toMatchObject([
      { cpuPercent: null, blockReadBytesPerSecond: null, memoryBytes: 1 << 20, memoryUsedBytes: 1 << 19 },
    ]);
    const later = measurement(1, 0, { cpuTimeNs: 5e9, blockReadBytes: 100, networkReceiveBytes: 1e6 });
    expect(made.next([later], 10 * second)).toMatchObject([
      { cpuPercent: 25, blockReadBytesPerSecond: 10, blockWriteBytesPerSecond: 0, networkReceiveBytesPerSecond: 1e5 },
    ]);
  });

  it.each([
    ['was restarted', { vmid: '2', cpuTimeNs: 9e9, blockReadBytes: 900 }],
    ['counts from zero again', { cpuTimeNs: 1, blockReadBytes: 1, blockWriteBytes: 1 }],
  ])('are unknown for a machine that %s, and known again after that', (_, now: Partial<MachineMeasurement>) => {
    const made = rates();
    made.next([measurement(1, 5e9)], 0);
    const [sample] = made.next([measurement(1, 5e9, now)], 10 * second);
    expect(sample).toMatchObject({ cpuPercent: null, blockReadBytesPerSecond: null });
    const [next] = made.next([measurement(1, 15e9, now.vmid ? { vmid: now.vmid } : {})], 20 * second);
    expect(next?.cpuPercent).toBeGreaterThan(0);
  });

  it('of one device that was taken away are unknown, the others go on', () => {
    const made = rates();
    made.next([measurement(1, 5e9)], 0);
    const [sample] = made.next([measurement(1, 15e9, { blockReadBytes: 3 })], 10 * second);
    expect(sample).toMatchObject({ cpuPercent: 50, blockReadBytesPerSecond: null, blockWriteBytesPerSecond: 1e9 });
  });

  it('make no leap of what a busy monitor did not say for a while', () => {
    const made = rates();
    made.next([measurement(1, 5e12)], 0);
    const silent = { blockReadBytes: null, blockWriteBytes: null, vcpus: null, memoryBytes: null };
    const [during] = made.next([measurement(1, 5e12 + 10e9, silent)], 10 * second);
    expect(during).toMatchObject({ cpuPercent: 50, blockReadBytesPerSecond: null, memoryBytes: null });
    const [after] = made.next([measurement(1, 5e12 + 20e9)], 20 * second);
    expect(after).toMatchObject({ blockReadBytesPerSecond: null, networkReceiveBytesPerSecond: 1e9 });
  });

  it('are unknown after a gap, and when no time has passed', () => {
    const made = rates();
    made.next([measurement(1, 0)], 0);
    expect(made.next([measurement(1, 1e9)], 36 * second)[0]?.cpuPercent).toBeNull();
    expect(made.next([measurement(1, 2e9)], 36 * second)[0]?.cpuPercent).toBeNull();
    expect(made.next([], 46 * second)).toEqual([]);
    expect(made.next([measurement(1, 3e9)], 56 * second)[0]?.cpuPercent).toBeNull();
  });
});

describe('the sampler', () => {
  // In the middle of ten seconds: from here on the next reading is just ten seconds away.
  beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 4, 5, 12, 0, 5) }));
  afterEach(() => void vi.useRealTimers());

  const times = { everyMs: 10 * second, timeoutMs: 8 * second, abandonMs: 60 * second };

  /** A hypervisor that answers when the test says so. */
  function start() {
    const asked: PromiseWithResolvers<MachineMeasurement[]>[] = [];
    const rounds: Round[] = [];
    const failures: unknown[] = [];
    const sampler = startSampler({
      hypervisor: {
        measure() {
          const call = Promise.withResolvers<MachineMeasurement[]>();
          asked.push(call);
          return call.promise;
        },
      },
      round: (round) => rounds.push(round),
      failed: (error) => failures.push(error),
      times,
    });
    const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
    return { asked, rounds, failures, sampler, pass };
  }

  it('asks once for all machines, at once and then every ten seconds', async () => {
    const { asked, rounds, pass } = start();
    expect(asked).toHaveLength(1);
    asked[0]?.resolve([measurement(1, 0), measurement(2, 0)]);
    await pass(9_999);
    expect(asked).toHaveLength(1);
    await pass(1);
    asked[1]?.resolve([measurement(1, 2e9), measurement(2, 4e9)]);
    await pass(0);
    expect(rounds.map(({ samples }) => samples.map(({ cpuPercent }) => cpuPercent))).toEqual([
      [null, null],
      [10, 20],
    ]);
  });

  it('asks in the middle of every ten seconds from the second time on, also after the clock was set', async () => {
    vi.setSystemTime(Date.UTC(2026, 4, 5, 12, 0, 9));
    const { asked, pass } = start();
    const at: number[] = [];
    for (let count = 1; count < 5; count++) {
      while (asked.length === count) {
        asked[count - 1]?.resolve([]);
        await pass(1000);
      }
      at.push(new Date().getUTCSeconds());
      if (count === 2) vi.setSystemTime(Date.UTC(2026, 4, 5, 12, 0, 21));
    }
    // The clock was set back at 25: the next one still comes after ten seconds, the one after it in its place again.
    expect(at).toEqual([15, 25, 31, 45]);
  });

  it('never asks twice at a time, throws a late answer away, and goes on after it', async () => {
    const { asked, rounds, failures, pass } = start();
    await pass(25 * second);
    expect(asked).toHaveLength(1);
    asked[0]?.resolve([measurement(1, 0)]);
    await pass(0);
    expect(rounds).toEqual([]);
    expect(failures).toMatchObject([{ code: 'TIMEOUT' }]);
    await pass(5 * second);
    asked[1]?.resolve([measurement(1, 0)]);
    await pass(0);
    expect(rounds).toHaveLength(1);
  });

  it('gives up a call that is never answered, and ignores it when it is', async () => {
    const { asked, rounds, pass } = start();
    await pass(60 * second);
    expect(asked).toHaveLength(2);
    asked[1]?.resolve([measurement(1, 0)]);
    asked[0]?.resolve([measurement(1, 0), measurement(2, 0)]);
    await pass(0);
    expect(rounds.map(({ samples }) => samples.length)).toEqual([1]);
  });

  it('leaves a gap while the hypervisor is away, without a word; other failures are said once', async () => {
    const { asked, rounds, failures, pass } = start();
    asked[0]?.reject(new MemoirError('HYPERVISOR_UNAVAILABLE', 'away'));
    await pass(10 * second);
    expect([rounds, failures]).toEqual([[], []]);
    for (const index of [1, 2]) {
      asked[index]?.reject(new Error('broken'));
      await pass(10 * second);
    }
    expect(failures).toHaveLength(1);
    asked[3]?.resolve([]);
    await pass(10 * second);
    expect(rounds).toHaveLength(1);
    asked[4]?.reject(new Error('broken again'));
    await pass(0);
    expect(failures).toHaveLength(2);
  });

  it('ends when it is closed, whatever is still under way', async () => {
    const { asked, rounds, sampler, pass } = start();
    await sampler.close();
    asked[0]?.resolve([measurement(1, 0)]);
    await pass(60 * second);
    expect([rounds, asked.length]).toEqual([[], 1]);
  });
});
