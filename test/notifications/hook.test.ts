import { describe, expect, it } from 'vitest';
import { parseHook, wants } from '../../src/notifications/hook.ts';
import type { Notification } from '../../src/notifications/notification.ts';
import { longestPauseMs, retryPauseMs } from '../../src/notifications/retry-schedule.ts';

const webhook = { type: 'WEBHOOK', url: 'https://example.com/' } as const;
const failed: Notification = {
  id: 'n_1',
  kind: 'OPERATION_FAILED',
  orderKey: 'o',
  machine: 'web-01',
  subject: 'operations/o',
  message: 'failed',
  atMs: 0,
  data: {},
};

describe('a hook', () => {
  it('wants everything unless it says otherwise', () => {
    const hook = parseHook({ name: 'ops', target: webhook });
    expect(wants(hook, failed)).toBe(true);
    expect(wants(hook, { ...failed, kind: 'OPERATION_QUEUED', machine: null })).toBe(true);
  });

  it('is asked for kind, severity and machine, and all must fit', () => {
    const hook = parseHook({ name: 'ops', target: webhook, kinds: ['OPERATION_FAILED'], machinePattern: 'web-*' });
    expect(wants(hook, failed)).toBe(true);
    expect(wants(hook, { ...failed, kind: 'OPERATION_COMPLETED' })).toBe(false);
    expect(wants(hook, { ...failed, machine: 'mail-01' })).toBe(false);
    expect(wants(hook, { ...failed, machine: null })).toBe(false);
    const warnings = parseHook({ name: 'ops', target: webhook, minSeverity: 'WARNING' });
    expect(wants(warnings, { ...failed, kind: 'OPERATION_COMPLETED' })).toBe(false);
    expect(wants(warnings, { ...failed, kind: 'OPERATION_CANCELLED' })).toBe(true);
  });

  it.each([
    [{ name: '', target: webhook }, /name/],
    [{ name: 'a\nb', target: webhook }, /name/],
    [{ name: 'ops', target: { type: 'MAIL', to: [] } }, /address/],
    [{ name: 'ops', target: { type: 'MAIL', to: ['a@b\r\nBcc: c@d'] } }, /mail address/],
    [{ name: 'ops', target: { type: 'MAIL', to: ['a@b, c@d'] } }, /mail address/],
    [{ name: 'ops', target: webhook, kinds: ['NOTHING'] }, /kinds/],
  ])('that makes no sense is refused: %j', (wish, reason) => {
    expect(() => parseHook(wish)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringMatching(reason) }),
    );
  });
});

describe('the schedule of attempts', () => {
  it('is the published one, with up to a tenth more', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((attempts) => retryPauseMs(attempts, null, () => 0));
    expect(pauses.map((ms) => (ms ?? 0) / 1000)).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    expect(retryPauseMs(10)).toBeNull();
    expect(retryPauseMs(1, null, () => 1)).toBe(5_500);
  });

  it('waits longer where the receiver asks for it, and not for ever', () => {
    expect(retryPauseMs(1, 60_000, () => 0)).toBe(60_000);
    expect(retryPauseMs(2, 1_000, () => 0)).toBe(300_000);
    expect(retryPauseMs(1, 1e12, () => 0)).toBe(longestPauseMs);
  });
});
