import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventFieldsFragment } from '../../client/api/generated/graphql.ts';
import { waitBefore } from '../../client/api/socket.ts';
import { type ActivityEntry, addActivity, noActivity } from '../../client/state/activity-entries.ts';
import { createFreshness } from '../../client/state/freshness.ts';
import { createLiveProgress, type Tick } from '../../client/state/live-progress.ts';
import { createEventToasts } from '../../client/state/toast-events.ts';
import { createToasts } from '../../client/state/toasts.ts';

const entry = (seq: number): ActivityEntry => ({
  key: `c${seq}`,
  at: '2026-11-21T12:00:00Z',
  tone: 'info',
  text: `event ${seq}`,
  seq,
  operationId: null,
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the activity log', () => {
  it('keeps the last 20 and counts all', () => {
    let activity = noActivity;
    for (let seq = 1; seq <= 25; seq += 1) activity = addActivity(activity, entry(seq));
    expect(activity.count).toBe(25);
    expect(activity.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 6));
  });

  it('does not repeat an entry that it has', () => {
    const once = addActivity(noActivity, entry(1));
    expect(addActivity(once, entry(1))).toBe(once);
  });
});

describe('toasts', () => {
  it('are at most four: the oldest gives way', () => {
    const toasts = createToasts();
    for (const text of ['1', '2', '3', '4', '5']) toasts.show('info', text);
    expect(toasts.get().map(({ text }) => text)).toEqual(['2', '3', '4', '5']);
  });

  const event = (type: string, vmName: string, message = '') =>
    ({
      type,
      kind: 'DUMP',
      message,
      operation: { dump: { vmName }, error: type === 'FAILED' ? { message: 'the disk is full' } : null },
    }) as unknown as EventFieldsFragment;

  it('say one thing of one event, and why something failed', () => {
    const said: string[] = [];
    const tell = createEventToasts((tone, text) => said.push(`${tone}: ${text}`));
    tell(event('COMPLETED', 'web-01'));
    tell(event('FAILED', 'db-01'));
    tell(event('STARTED', 'web-02'));
    vi.advanceTimersByTime(200);
    expect(said).toEqual(['success: Dump of web-01 completed', 'error: Dump of db-01 failed: the disk is full']);
  });

  it('say fifty of the same as one', () => {
    const said: string[] = [];
    const tell = createEventToasts((_, text) => said.push(text));
    for (let index = 0; index < 50; index += 1) tell(event('QUEUED', `vm-${index}`));
    vi.advanceTimersByTime(200);
    expect(said).toEqual(['50 dumps queued']);
  });
});

describe('freshness', () => {
  it('gathers marks that come together, and does not ask more often than it may', () => {
    const freshness = createFreshness(60, 500);
    const told = vi.fn();
    freshness.subscribe(told);
    freshness.mark(['records', 'active']);
    freshness.mark(['records']);
    expect(freshness.version(['records'])).toBe(0);
    vi.advanceTimersByTime(60);
    expect([freshness.version(['records']), freshness.version(['active']), freshness.version(['service'])]).toEqual([
      1, 1, 0,
    ]);
    freshness.mark(['records']);
    vi.advanceTimersByTime(400);
    expect(told).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(100);
    expect(told).toHaveBeenCalledTimes(2);
    expect(freshness.version(['records', 'active'])).toBe(3);
  });
});

describe('live progress', () => {
  it('tells the latest, once per drawing, to those whom it concerns', () => {
    const progress = createLiveProgress(100, (act) => act());
    const [first, second] = [vi.fn(), vi.fn()];
    progress.subscribe('a', first);
    progress.subscribe('b', second);
    for (let percent = 1; percent <= 1000; percent += 1)
      progress.receive({ id: 'a', progress: { percent } } as unknown as Tick);
    expect(first).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(first).toHaveBeenCalledTimes(1);
    expect(second).not.toHaveBeenCalled();
    expect(progress.get('a')?.progress?.percent).toBe(1000);
  });

  it('rests while it is held, and then catches up', () => {
    const progress = createLiveProgress(100, (act) => act());
    const listener = vi.fn();
    progress.subscribe('a', listener);
    progress.hold(true);
    progress.receive({ id: 'a' } as unknown as Tick);
    vi.advanceTimersByTime(1000);
    expect(listener).not.toHaveBeenCalled();
    progress.hold(false);
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

describe('the wait before another attempt', () => {
  it('grows to ten seconds and no further, and differs from dashboard to dashboard', () => {
    expect([0, 1, 2, 3, 10, 1000].map((attempt) => waitBefore(attempt, () => 1))).toEqual([
      250, 500, 1000, 2000, 10_000, 10_000,
    ]);
    expect(waitBefore(10, () => 0)).toBe(6667);
  });
});
