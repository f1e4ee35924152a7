import { expect, it } from 'vitest';
import { memoir } from '../fakes/command-line.ts';
import { startTestServer } from '../fakes/server.ts';
import { webhookReceiver } from '../fakes/webhook-receiver.ts';

it('memoir hooks creates, tests, switches, rotates and deletes a webhook, and shows what was delivered', async () => {
  const { url } = await startTestServer();
  const receiver = await webhookReceiver();
  const hooks = (...args: string[]) => memoir(url, ['hooks', ...args]);
  const created = await hooks('create', 'ops', receiver.url, '--kind', 'operation-failed', '--severity', 'warning');
  expect(created).toMatchObject({ code: 0, out: expect.stringMatching(/^whsec_\S+\n$/) });
  expect(created.told).toContain('shown only once');
  expect((await hooks()).out).toMatch(/ops +WEBHOOK +http:\S+ +0 +0 +on/);
  expect(await hooks('test', 'OPS')).toMatchObject({ code: 0, out: 'delivered (HTTP 204)\n' });
  expect(receiver.received[0]?.event).toMatchObject({ type: 'io.memoir.test' });
  receiver.answer = (response) => void response.writeHead(500).end();
  expect(await hooks('test', 'ops')).toMatchObject({ code: 1, out: 'the receiver answered 500\n' });
  expect((await hooks('disable', 'ops')).out).toBe('ops is off\n');
  expect((await hooks('rotate', 'ops')).out).not.toBe(created.out);
  expect((await hooks('enable', 'ops')).out).toBe('ops is on\n');
  expect(JSON.parse((await memoir(url, ['--json', 'hooks', 'deliveries', 'ops'])).out)).toEqual([]);
  expect((await hooks('delete', 'ops')).code).toBe(0);
  expect(JSON.parse((await memoir(url, ['--json', 'hooks'])).out)).toEqual([]);
});

it('memoir hooks says what is wrong with a hook, and memoir alerts that nothing is', async () => {
  const { url } = await startTestServer();
  const hooks = (...args: string[]) => memoir(url, ['hooks', ...args]);
  expect(await hooks('create', 'ops', 'https://10.0.0.1/')).toMatchObject({
    code: 2,
    told: expect.stringContaining('HOOKS_ALLOW_PRIVATE'),
  });
  expect((await hooks('create', 'ops', 'ops@example.com')).told).toContain('SMTP_URL');
  expect((await hooks('create', 'ops', 'https://example.com/', '--kind', 'nothing')).told).toContain('disk-filling');
  expect((await hooks('test', 'nope')).told).toContain('there is no hook called nope');
  expect((await hooks('resend', '12')).code).toBe(1);
  expect((await memoir(url, ['alerts'])).out).toBe('No alerts.\n');
});
