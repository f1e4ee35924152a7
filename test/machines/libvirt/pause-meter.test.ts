import { beforeEach, describe, expect, it } from 'vitest';
import { PauseMeter } from '../../../src/machines/libvirt/guest/pause-meter.ts';

describe('the pause of a guest', () => {
  let meter: PauseMeter;
  let steadyMs = 0;
  let offsetMs = 0;
  const epochMs = 1_795_000_000_000;

  beforeEach(() => {
    steadyMs = 1_000;
    offsetMs = epochMs;
    meter = new PauseMeter({ wall: () => steadyMs + offsetMs, steady: () => steadyMs });
  });

  /** An event that QEMU stamps with its host's clock, `afterMs` later than the one before. */
  const event = (name: string, afterMs: number, { hostStepMs = 0, details = null as string | null } = {}): void => {
    steadyMs += afterMs;
    const atUs = Math.round((steadyMs + offsetMs + hostStepMs) * 1_000);
    const seconds = BigInt(Math.floor(atUs / 1e6));
    meter.take({ event: name, seconds, microseconds: atUs % 1e6, details });
  };

  it('is from QEMU’s stop to its resume', () => {
    meter.begin();
    event('STOP', 10);
    event('RESUME', 4.5);
    expect(meter.pauseMs).toBeCloseTo(4.5);
    expect(meter.stoppedAtMs).toBeCloseTo(epochMs + 1_010);
  });

  it.each([-3 * 86_400_000, -200, 200, 3 * 86_400_000])(
    'is right when the clock is set by %i ms in the middle',
    (step) => {
      meter.begin();
      event('STOP', 10);
      offsetMs += step;
      event('RESUME', 1_500);
      expect(meter.pauseMs).toBeCloseTo(1_500);
    },
  );

  it.each([-3 * 86_400_000, 3 * 86_400_000])('is by arrival when the clock of another host is set by %i ms', (step) => {
    meter.begin();
    event('STOP', 10);
    event('RESUME', 1_500, { hostStepMs: step });
    expect(meter.pauseMs).toBeCloseTo(1_500);
  });

  it('leaves out what a person suspended before and after', () => {
    event('STOP', 1);
    event('RESUME', 60_000);
    meter.begin();
    event('STOP', 10);
    event('RESUME', 3);
    event('STOP', 500);
    event('RESUME', 60_000);
    expect(meter.pauseMs).toBeCloseTo(3);
    event('STOP', 500);
    expect(meter.pauseMs).toBeCloseTo(3);
  });

  it('is not known for as long as no whole pause of ours was seen', () => {
    expect(meter.pauseMs).toBeNull();
    meter.begin();
    event('RESUME', 5);
    expect(meter.pauseMs).toBeNull();
    event('STOP', 5);
    expect(meter.pauseMs).toBeNull();
  });

  it('adds up attempts, and the image is of the last', () => {
    meter.begin();
    event('STOP', 10);
    meter.begin();
    event('RESUME', 3);
    event('STOP', 100);
    event('RESUME', 1_000);
    expect(meter.pauseMs).toBeCloseTo(1_003);
    expect(meter.stoppedAtMs).toBeCloseTo(epochMs + 1_113);
  });

  it('counts an event once that two connections bring', () => {
    meter.begin();
    event('STOP', 10);
    event('STOP', 0);
    event('RESUME', 2);
    event('RESUME', 0);
    expect(meter.pauseMs).toBeCloseTo(2);
  });

  it('knows that a migration completed, since the beginning', () => {
    event('MIGRATION', 1, { details: '{"status":"completed"}' });
    meter.begin();
    expect(meter.completed).toBe(false);
    event('MIGRATION', 1, { details: '{"status":"active"}' });
    expect(meter.completed).toBe(false);
    event('MIGRATION', 1, { details: '{"status":"completed"}' });
    expect(meter.completed).toBe(true);
  });
});
