import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { parseHook } from '../../src/notifications/hook.ts';
import { openService } from '../../src/notifications/notification-service.ts';

it('what waits behind a failed delivery is not due before it, and keeps nobody awake', () => {
  const service = openService(new DatabaseSync(':memory:'));
  const definition = parseHook({ name: 'ops', target: { type: 'WEBHOOK', url: 'https://example.com/' } });
  const hook = { id: 'hook', definition, enabled: true, disabledReason: null, createdAtMs: 0, createdBy: 'tester' };
  service.saveHook(hook, 'whsec_AAAA');
  const delivery = { hookId: 'hook', orderKey: 'operation', type: 'io.memoir.test', message: '', body: '{}' };
  const later = { ...delivery, notificationId: 'n_2' };
  service.enqueue(2, [{ ...delivery, notificationId: 'n_1' }, later], 1_000);
  const due = () => service.due('hook', true, 1_000, 1e9, 10).map(({ notificationId }) => notificationId);
  expect(due()).toEqual(['n_1']);
  const [first] = service.due('hook', true, 1_000, 1e9, 10);
  const failed = { state: 'PENDING', nextAtMs: 61_000, status: 500, error: 'no' } as const;
  service.settle([first?.seq ?? 0], failed, 1_000);
  expect(due()).toEqual([]);
  expect(service.soonest(1_000)).toBe(61_000);
});
