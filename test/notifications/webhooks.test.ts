import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { NewHook } from '../../src/notifications/hook.ts';
import { notificationWorld } from '../fakes/notification-world.ts';
import { type Received, type WebhookReceiver, webhookReceiver } from '../fakes/webhook-receiver.ts';

const idsOf = (received: readonly Received[]) => received.map(({ headers }) => headers['webhook-id'] as string);
const typesOf = (received: readonly Received[]) =>
  received.map(({ event }) => (event.type as string).replace('io.memoir.operation.', ''));
const to = ({ url }: WebhookReceiver, name = 'ops') => ({ name, target: { type: 'WEBHOOK', url } as const });
const patient = { timeout: 15_000, interval: 10 };

describe('a webhook', () => {
  it('is told each event once, in order, signed as Standard Webhooks has it, as a CloudEvent', async () => {
    const world = await notificationWorld();
    const { notifications } = await world.open();
    const receiver = await webhookReceiver();
    const { secret } = await notifications.createHook(to(receiver), 'tester');
    const id = await world.play('web-01');
    await receiver.count(3);
    expect(typesOf(receiver.received)).toEqual(['queued', 'started', 'completed']);
    expect(new Set(idsOf(receiver.received)).size).toBe(3);
    for (const { headers, body, event } of receiver.received) {
      expect(new Webhook(secret as string).verify(body, headers as Record<string, string>)).toEqual(event);
      expect(headers['content-type']).toMatch(/^application\/cloudevents\+json/);
      expect(event).toMatchObject({
        specversion: '1.0',
        id: headers['webhook-id'],
        source: '/nodes/node-1',
        subject: `operations/${id}`,
        datacontenttype: 'application/json',
        data: { machine: 'web-01', operation: { id, kind: 'TOY', actor: 'tester' } },
      });
    }
    const { headers, body } = receiver.received[0] as Received;
    expect(() => new Webhook(secret as string).verify(`${body} `, headers as Record<string, string>)).toThrow();
  });

  it('hears only of what it wants', async () => {
    const world = await notificationWorld();
    const { notifications } = await world.open();
    const receiver = await webhookReceiver();
    const kinds = ['OPERATION_COMPLETED'] as const;
    await notifications.createHook({ ...to(receiver), kinds: [...kinds], machinePattern: 'web-*' }, 'tester');
    await world.play('mail-01');
    await world.play('web-01');
    await receiver.count(1);
    expect(receiver.received.map(({ event }) => event.data.machine)).toEqual(['web-01']);
    await expect.poll(() => notifications.countDeliveries(), patient).toEqual({ PENDING: 0, DELIVERED: 1, DEAD: 0 });
    expect(receiver.received).toHaveLength(1);
  });

  it('that fails is told again, later events of the operation wait, and other operations do not', async () => {
    const world = await notificationWorld();
    const { notifications } = await world.open();
    const receiver = await webhookReceiver();
    let failures = 0;
    receiver.answer = (response, { event }) => {
      const fails = event.data.machine === 'unlucky' && event.type.endsWith('queued') && failures < 3;
      if (fails) failures += 1;
      response.writeHead(fails ? 503 : 200).end();
    };
    await notifications.createHook(to(receiver), 'tester');
    await Promise.all([world.play('unlucky'), world.play('lucky')]);
    await receiver.count(9);
    const of = (machine: string) => receiver.received.filter(({ event }) => event.data.machine === machine);
    expect(typesOf(of('unlucky'))).toEqual(['queued', 'queued', 'queued', 'queued', 'started', 'completed']);
    expect(new Set(idsOf(of('unlucky')).slice(0, 4)).size).toBe(1);
    expect(typesOf(of('lucky'))).toEqual(['queued', 'started', 'completed']);
  });

  it.each<[string, WebhookReceiver['answer']]>([
    ['cuts the connection', (response) => void response.destroy()],
    ['redirects', (response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/elsewhere' }).end()],
    ['answers nonsense', (response) => void response.writeHead(500).end('<html>'.repeat(1_000))],
    ['never answers', () => undefined],
  ])('whose receiver %s gets a dead letter at the end of the schedule, which can be sent again', async (_, answer) => {
    const world = await notificationWorld({ retryMs: (attempts) => (attempts >= 2 ? null : 10) });
    const { notifications } = await world.open();
    const receiver = await webhookReceiver();
    receiver.answer = answer;
    await notifications.createHook({ ...to(receiver), kinds: ['OPERATION_COMPLETED'] }, 'tester');
    await world.play('web-01');
    await expect.poll(() => notifications.countDeliveries(), patient).toEqual({ PENDING: 0, DELIVERED: 0, DEAD: 1 });
    expect(receiver.received).toHaveLength(2);
    const [dead] = await notifications.deliveries({ limit: 10, states: ['DEAD'] });
    expect(dead).toMatchObject({ attempts: 2, lastError: expect.stringMatching(/./), nextAttemptAtMs: null });
    receiver.answer = (response) => void response.writeHead(202).end();
    expect(await notifications.resend(dead?.seq ?? 0)).toMatchObject({ state: 'PENDING', attempts: 0 });
    await expect.poll(() => notifications.countDeliveries(), patient).toEqual({ PENDING: 0, DELIVERED: 1, DEAD: 0 });
    expect(new Set(idsOf(receiver.received)).size).toBe(1);
  });

  it('whose receiver is gone (410) is switched off, and goes on where it was when it is switched on', async () => {
    const world = await notificationWorld();
    const { notifications } = await world.open();
    const receiver = await webhookReceiver();
    receiver.answer = (response) => void response.writeHead(410).end();
    const { hook } = await notifications.createHook({ ...to(receiver), kinds: ['OPERATION_COMPLETED'] }, 'tester');
    await world.play('web-01');
    await expect.poll(async () => (await notifications.hooks())[0]?.enabled, patient).toBe(false);
    expect((await notifications.hooks())[0]?.disabledReason).toMatch(/410/);
    expect(world.warnings).toEqual([expect.stringMatching(/switched off/)]);
    receiver.answer = (response) => void response.writeHead(204).end();
    await notifications.setHookEnabled(hook.id, true);
    await expect.poll(() => notifications.countDeliveries(), patient).toEqual({ PENDING: 0, DELIVERED: 1, DEAD: 0 });
  });

  it('is told what happened while its receiver was away, after a restart of the server too', async () => {
    const world = await notificationWorld({ retryMs: () => 10 });
    const first = await world.open();
    const gone = await webhookReceiver();
    await first.notifications.createHook(to(gone), 'tester');
    await gone.stop();
    const ids = await Promise.all([world.play('a'), world.play('b')]);
    await expect.poll(async () => (await first.notifications.countDeliveries()).PENDING, patient).toBe(6);
    await first.close();
    // What happens while nobody follows the log is read from it afterwards.
    ids.push(await world.play('c'));
    const back = await webhookReceiver(Number(new URL(gone.url).port));
    const { notifications } = await world.open();
    await back.count(9);
    await expect.poll(() => notifications.countDeliveries(), patient).toEqual({ PENDING: 0, DELIVERED: 9, DEAD: 0 });
    for (const id of ids)
      expect(typesOf(back.received.filter(({ event }) => event.data.operation.id === id))).toEqual([
        'queued',
        'started',
        'completed',
      ]);
  });

  it('rotates its secret: both sign for a day', async () => {
    const world = await notificationWorld();
    const { notifications } = await world.open();
    const receiver = await webhookReceiver();
    const { hook, secret: old } = await notifications.createHook(to(receiver), 'tester');
    const { secret } = await notifications.rotateSecret(hook.id);
    expect(secret).not.toBe(old);
    expect(await notifications.testHook(hook.id)).toMatchObject({ state: 'DELIVERED', lastStatus: 204 });
    const { headers, body, event } = receiver.received[0] as Received;
    for (const one of [old, secret])
      expect(new Webhook(one as string).verify(body, headers as Record<string, string>)).toEqual(event);
    expect(event).toMatchObject({ type: 'io.memoir.test' });
  });

  it('that is deleted gets nothing more', async () => {
    const world = await notificationWorld({ retryMs: () => 60_000 });
    const { notifications } = await world.open();
    const receiver = await webhookReceiver();
    receiver.answer = (response) => void response.writeHead(500).end();
    const { hook } = await notifications.createHook(to(receiver), 'tester');
    await world.play('web-01');
    await receiver.count(1);
    await notifications.deleteHook(hook.id);
    expect(await notifications.hooks()).toEqual([]);
    expect(await notifications.countDeliveries()).toEqual({ PENDING: 0, DELIVERED: 0, DEAD: 0 });
  });

  it('of a name that is taken, of an address inside, or by mail without a mail server is refused', async () => {
    const { notifications } = await (await notificationWorld()).open();
    const receiver = await webhookReceiver();
    await notifications.createHook(to(receiver), 'tester');
    await expect(notifications.createHook(to(receiver, 'OPS'), 'tester')).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    const inner = { name: 'inner', target: { type: 'WEBHOOK', url: 'https://169.254.169.254/' } } as const;
    await expect(notifications.createHook(inner, 'tester')).rejects.toMatchObject({ code: 'BAD_INPUT' });
    const mail: NewHook = { name: 'mail', target: { type: 'MAIL', to: ['ops@example.com'] } };
    await expect(notifications.createHook(mail, 'tester')).rejects.toMatchObject({
      hint: expect.stringMatching(/SMTP/),
    });
    await expect(notifications.testHook('nope')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await notifications.hooks()).toHaveLength(1);
  });
});
