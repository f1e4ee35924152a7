import { describe, expect, it } from 'vitest';
import type { CaptureOptions } from '../../src/machines/capture.ts';
import { decideMethod } from '../../src/machines/decision.ts';
import { machine } from '../fakes/machines.ts';

/** A machine of 256 GiB with an old QEMU: AUTO has nothing but the core dump left. */
const old: CaptureOptions = {
  machine: machine(1),
  methods: [
    { method: 'SNAPSHOT', possible: true, expectedPauseMs: 10 },
    { method: 'CORE_DUMP', possible: true, expectedPauseMs: 1_374_390 },
  ],
  blockers: [],
  automatic: 'CORE_DUMP',
  automaticReason: 'its QEMU is 7.2.22',
  memoryBytes: 256 * 2 ** 30,
};

describe('the method that a choice comes to', () => {
  it('is refused where its pause would be too long, with the estimate and what would help', () => {
    const decide = (): unknown => decideMethod(old, 'AUTO', { maxPauseMs: 30_000 });
    expect(decide).toThrow(
      expect.objectContaining({
        code: 'PAUSE_TOO_LONG',
        message: expect.stringMatching(/CORE_DUMP would pause .* for about 23 min, and at most 30\.0 s are allowed/),
        hint: expect.stringMatching(/SNAPSHOT.*maxPauseMs; MAX_PAUSE/s),
        details: expect.objectContaining({ expectedPauseMs: 1_374_390, maxPauseMs: 30_000 }),
      }),
    );
  });

  it('passes without a limit, within it, and where nothing is known of the pause', () => {
    expect(decideMethod(old, 'CORE_DUMP').method).toBe('CORE_DUMP');
    expect(decideMethod(old, 'CORE_DUMP', { maxPauseMs: null }).method).toBe('CORE_DUMP');
    expect(decideMethod(old, 'AUTO', { maxPauseMs: 1_374_390 }).method).toBe('CORE_DUMP');
    const unknown = { ...old, methods: old.methods.map((one) => ({ ...one, expectedPauseMs: null })) };
    expect(decideMethod(unknown, 'AUTO', { maxPauseMs: 1 }).method).toBe('CORE_DUMP');
  });
});
