import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { limitsFor } from '../../src/dumps/dump-kind.ts';
import { dumpType, type VerifyRequest } from '../../src/dumps/operation-types.ts';
import { createVerifyKind } from '../../src/dumps/verification/verify-kind.ts';
import type { Progress, RunContext, TimeLimits } from '../../src/operations/operation-kind.ts';
import { startDumpWorld } from '../fakes/dump-world.ts';
import { plainSourceModule } from '../fakes/plain-source.ts';

describe('a verification', () => {
  /** A context by hand, on a dump of memory that is all zero. */
  async function ofZeros(memoryBytes: number, signal = new AbortController().signal) {
    const source = { module: plainSourceModule, options: { memoryBytes, fill: 0 } };
    const world = await startDumpWorld({ source });
    const dump = await world.dump('web-01');
    expect(dump.error).toBeNull();
    const result = dumpType.resultOf(dump)!;
    const ticks: Progress[] = [];
    const limits: TimeLimits[] = [];
    const context: RunContext<VerifyRequest> = {
      operation: dump,
      request: { dumpId: dump.id, result, compression: 'ZSTD' },
      signal,
      phase: async () => undefined,
      commit: async () => undefined,
      progress: (tick) => void ticks.push(tick),
      moved: () => undefined,
      setLimits: (set) => void limits.push(set),
    };
    const store = { module: world.storeReference.module, options: world.storeReference.options };
    const kind = createVerifyKind(store, { stallTimeoutMs: 60_000, timeoutMs: 3_600_000 });
    return { kind, context, ticks, limits, result };
  }

  it('moves while it checks frames of zeros, which take next to nothing in the file', async () => {
    const { kind, context, ticks, limits, result } = await ofZeros(256 << 20);
    expect(result.sizeBytes).toBeLessThan(1 << 20);
    expect(await kind.run(context)).toMatchObject({ result: { intact: true } });
    expect(limits).toEqual([limitsFor(256 << 20, { stallTimeoutMs: 60_000, timeoutMs: 3_600_000 })]);
    expect(ticks.length).toBeGreaterThanOrEqual(15);
    // Not with every frame: 16 MiB lie between two.
    expect(ticks.length).toBeLessThanOrEqual(17);
    const done = ticks.map(({ doneBytes }) => doneBytes);
    expect(done).toEqual([...done].sort((left, right) => left - right));
    expect(ticks.every(({ doneBytes, totalBytes }) => doneBytes <= (totalBytes ?? 0))).toBe(true);
  });

  it('that is cancelled while its first phase is written reads nothing', async () => {
    const controller = new AbortController();
    const { kind, context, ticks } = await ofZeros(64 << 20, controller.signal);
    const cancelled = new MemoirError('CANCELLED', 'not wanted any more');
    const phase = async () => controller.abort(cancelled);
    await expect(kind.run({ ...context, phase })).rejects.toBe(cancelled);
    expect(ticks).toEqual([]);
  });

  it('of a large machine has more time, and no limit stays none', () => {
    const limits = { stallTimeoutMs: 60_000, timeoutMs: 3_600_000 };
    expect(limitsFor(2 ** 30, limits)).toEqual(limits);
    expect(limitsFor(2 ** 40, limits)).toEqual({ stallTimeoutMs: 16 * 60_000, timeoutMs: 16 * 3_600_000 });
    expect(limitsFor(2 ** 40, { stallTimeoutMs: 0, timeoutMs: 0 })).toEqual({ stallTimeoutMs: 0, timeoutMs: 0 });
  });
});
