import { beforeEach, describe, expect, it } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import { PauseMeter } from '../../../src/machines/libvirt/guest/pause-meter.ts';
import { ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';

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

  it('of an attempt before says nothing of when the image of the next is', () => {
    expect(meter.stoppedAtMs).toBeNull();
    meter.begin();
    event('STOP', 10);
    event('RESUME', 3);
    meter.begin();
    expect(meter.stoppedAtMs).toBeNull();
    expect(meter.pauseMs).toBeCloseTo(3);
  });

  it.each([19, -19])('counts a clock that is slewed by %i ms as it runs', (slewMs) => {
    meter.begin();
    event('STOP', 10);
    offsetMs += slewMs;
    event('RESUME', 1_500);
    expect(meter.pauseMs).toBeCloseTo(1_500 + slewMs);
  });

  it.each([
    [20, 1_500],
    [-20, 1_500],
  ])('takes out what a clock is set by, from 20 ms on: %i ms', (step, pauseMs) => {
    meter.begin();
    event('STOP', 10);
    offsetMs += step;
    event('RESUME', 1_500);
    expect(meter.pauseMs).toBeCloseTo(pauseMs);
  });

  it.each([
    [5_000, 6_500],
    [5_001, 1_500],
    [-1_500, 0],
    [-1_501, 1_500],
  ])('is by QEMU’s stamps as long as they make sense: %i ms between those clocks', (hostStepMs, pauseMs) => {
    meter.begin();
    event('STOP', 10);
    event('RESUME', 1_500, { hostStepMs });
    expect(meter.pauseMs).toBeCloseTo(pauseMs);
  });

  it('is by the clocks of this host where none are given', () => {
    const own = new PauseMeter();
    const seconds = BigInt(Math.floor(Date.now() / 1_000));
    own.begin();
    own.take({ event: 'STOP', seconds, microseconds: 100_000, details: null });
    own.take({ event: 'RESUME', seconds, microseconds: 350_500, details: null });
    expect(own.pauseMs).toBeCloseTo(250.5);
    expect(own.stoppedAtMs).toBeCloseTo(Number(seconds) * 1_000 + 100);
  });

  it('is completed by nothing but a migration that says so', () => {
    meter.begin();
    event('JOB_STATUS_CHANGE', 1, { details: '{"status":"completed"}' });
    event('MIGRATION', 1);
    event('MIGRATION', 1, { details: '{"status":"completed-not"}' });
    expect(meter.completed).toBe(false);
    event('MIGRATION', 1, { details: '{"data": 1, "status": "completed"}' });
    expect(meter.completed).toBe(true);
  });

  it('wakes whoever waits, at every new event of whatever kind', async () => {
    let woken = 0;
    const wait = (): void => void meter.wake.wait().then(() => (woken += 1));
    const turn = () => new Promise((done) => setImmediate(done));
    wait();
    await turn();
    expect(woken).toBe(0);
    event('MIGRATION', 1);
    await turn();
    expect(woken).toBe(1);
    wait();
    event('MIGRATION', 0);
    await turn();
    expect(woken).toBe(1);
    event('SHUTDOWN', 1);
    await turn();
    expect(woken).toBe(2);
  });
});

describe('a pause meter', () => {
  const domain = { name: 'db01', uuid: '00000000-0000-4000-8000-000000000001', id: 7 };
  const stop = { domain, event: 'STOP', seconds: 5n, microseconds: 250_000, details: null };

  it('hears the events of its guest’s QEMU until it is closed', async () => {
    const { control, links } = new ScriptedLinks();
    const meter = new PauseMeter();
    await meter.start(control, domain);
    expect(links.control.listeners).toEqual([expect.objectContaining({ name: 'qemuMonitor', domain })]);
    meter.begin();
    links.control.emit('qemuMonitor', stop);
    expect(meter.stoppedAtMs).toBe(5_250);
    await meter.close();
    expect(links.control.listeners).toEqual([]);
  });

  it('measures nothing where the hypervisor has no such events', async () => {
    const { control, links } = new ScriptedLinks();
    links.control.subscribe = () => Promise.reject(new LibvirtError('NO_SUPPORT', 'no such events'));
    const meter = new PauseMeter();
    await meter.start(control, domain);
    meter.begin();
    expect(meter.pauseMs).toBeNull();
    await meter.close();
  });
});
