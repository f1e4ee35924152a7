import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import type { Operations } from '../operations/operations.ts';
import type { AlertSource } from './alerts/alert-source.ts';
import { AlertWatch, type AlertWatchOptions } from './alerts/alert-watch.ts';
import { diskFilling, trendMs } from './alerts/disk-filling.ts';
import { BulletinFeeder, type BulletinSource } from './bulletin-feeder.ts';
import { cloudEvent } from './cloud-event.ts';
import { Dispatcher } from './dispatcher.ts';
import { Feeder, type FeederOptions } from './feeder.ts';
import { type Hook, parseHook } from './hook.ts';
import { MailQueue } from './mail/mail-queue.ts';
import type { MailTransport } from './mail/mail-transport.ts';
import type { NotificationService } from './notification-service.ts';
import type { Delivery, Notifications } from './notifications.ts';
import type { retryPauseMs } from './retry-schedule.ts';
import { type AddressRules, checkAddress } from './webhook/address-guard.ts';
import { createHookSecret } from './webhook/signature.ts';
import type { WebhookSender } from './webhook/webhook-sender.ts';

/** How long the old secret signs beside the new one. */
const rotationMs = 86_400_000;
/** Deliveries that ended are shown for so long. */
const keptMs = 30 * 86_400_000;
const tidyMs = 3_600_000;
/** Forgotten at a time. */
const forgetAtOnce = 1_000;
const maxHooks = 100;

export interface NotificationOptions {
  readonly database: Database;
  readonly operations: Operations;
  readonly nodeId: string;
  readonly host: string;
  readonly factsOf: FeederOptions['factsOf'];
  readonly webhooks: WebhookSender;
  readonly addressRules: AddressRules;
  /** Null where no mail server is configured. */
  readonly mail: MailTransport | null;
  /** Beside the dump folder's disk. */
  readonly alertSources: readonly AlertSource[];
  /** What other rooms list as worth telling. */
  readonly bulletins?: readonly BulletinSource[];
  /** The folder whose disk is watched, and how many days ahead; null for not at all. */
  readonly disk: { readonly folder: string; readonly days: number } | null;
  readonly log: { warn(fields: object, message: string): void };
  readonly now?: () => number;
  readonly alertTimes?: AlertWatchOptions['times'];
  readonly retryMs?: typeof retryPauseMs;
}

/** Opens the room: follows the event log, delivers, watches for alerts. Closed before the operations. */
export async function createNotifications(options: NotificationOptions): Promise<Notifications> {
  const { database, operations, nodeId, host, webhooks, mail, disk, now = Date.now, log } = options;
  const service = await database.service<NotificationService>('notifications', {
    module: new URL('./notification-service.ts', import.meta.url).href,
    options: null,
  });
  // In memory too: the event log is followed without asking the database for each event.
  let hooks: readonly Hook[] = await service.hooks();
  const currentHooks = () => hooks;
  const refresh = async (): Promise<void> => {
    hooks = await service.hooks();
  };
  const warn = (fields: object, message: string): void => log.warn(fields, message);

  const dispatcher = new Dispatcher({
    service,
    webhooks,
    mail: mail && new MailQueue(mail, host),
    now,
    ...(options.retryMs && { retryMs: options.retryMs }),
    async onGone(hook) {
      await service.saveHook({ ...hook, enabled: false, disabledReason: 'The receiver answered 410 Gone.' }, null);
      await refresh();
      warn({ hook: hook.definition.name }, 'a webhook was switched off: its receiver is gone');
    },
  });
  const onNew = () => dispatcher.wake();
  const feeder = new Feeder({
    service,
    operations,
    nodeId,
    host,
    factsOf: options.factsOf,
    hooks: currentHooks,
    onNew,
    warn,
  });
  const bulletins = new BulletinFeeder({
    service,
    sources: options.bulletins ?? [],
    hooks: currentHooks,
    nodeId,
    host,
    onNew,
    warn,
  });
  const diskSource =
    disk &&
    diskFilling({ ...disk, sample: (folder, sample) => service.sampleDisk(folder, sample, sample.atMs - trendMs) });
  const watch = new AlertWatch({
    service,
    sources: [...options.alertSources, ...(diskSource ? [diskSource] : [])],
    hooks: currentHooks,
    nodeId,
    host,
    onNew,
    warn,
    ...(options.alertTimes && { times: options.alertTimes }),
  });
  const tidying = setInterval(() => {
    // What is not forgotten now is forgotten an hour later.
    service.forget(now() - keptMs, forgetAtOnce).catch(() => undefined);
  }, tidyMs).unref();

  async function get(id: string): Promise<Hook> {
    const hook = (await service.hooks()).find((one) => one.id === id);
    if (hook === undefined) throw new MemoirError('NOT_FOUND', `there is no notification with the id ${id}`);
    return hook;
  }
  function parse(wish: unknown) {
    const definition = parseHook(wish);
    if (definition.target.type === 'WEBHOOK') checkAddress(definition.target.url, options.addressRules);
    else if (mail === null)
      throw new MemoirError('BAD_INPUT', 'mail cannot be sent: no mail server is configured', {
        hint: 'Set SMTP_URL and MAIL_FROM.',
      });
    return definition;
  }
  async function save(hook: Hook, secret: string | null): Promise<Hook> {
    const saved = await service.saveHook(hook, secret);
    if (saved === null)
      throw new MemoirError('NAME_TAKEN', `there is a notification called ${hook.definition.name} already`);
    await refresh();
    dispatcher.wake();
    return saved;
  }

  return {
    canMail: mail !== null,
    hooks: () => service.hooks(),
    async createHook(wish, actor) {
      const definition = parse(wish);
      if (hooks.length >= maxHooks)
        throw new MemoirError('LIMIT_EXCEEDED', `there are ${maxHooks} notifications already`);
      const secret = definition.target.type === 'WEBHOOK' ? createHookSecret() : null;
      const hook = { id: randomUUID(), definition, enabled: true, disabledReason: null };
      return { hook: await save({ ...hook, createdAtMs: now(), createdBy: actor }, secret), secret };
    },
    async updateHook(id, wish) {
      const hook = await get(id);
      const definition = parse(wish);
      if (definition.target.type !== hook.definition.target.type)
        throw new MemoirError('BAD_INPUT', 'a webhook cannot be changed to mail, or mail to a webhook', {
          hint: 'Create another notification.',
        });
      return save({ ...hook, definition }, null);
    },
    async setHookEnabled(id, enabled) {
      return save({ ...(await get(id)), enabled, disabledReason: null }, null);
    },
    async deleteHook(id) {
      await get(id);
      const hook = await service.deleteHook(id);
      await refresh();
      if (hook === null) throw new MemoirError('NOT_FOUND', `there is no notification with the id ${id}`);
      return hook;
    },
    async rotateSecret(id) {
      const hook = await get(id);
      if (hook.definition.target.type !== 'WEBHOOK') throw new MemoirError('BAD_INPUT', 'mail has no secret');
      const secret = createHookSecret();
      await service.rotateSecret(id, secret, now() + rotationMs);
      return { hook, secret };
    },
    async testHook(id) {
      const hook = await get(id);
      const testId = randomUUID();
      const message = `This is a test of the notification “${hook.definition.name}”.`;
      const notification = {
        id: `${nodeId}_test-${testId}`,
        kind: 'TEST',
        orderKey: testId,
        machine: null,
        subject: `tests/${testId}`,
        message,
        atMs: now(),
        data: { host },
      } as const;
      const body = cloudEvent(notification, nodeId);
      const { status, error } = await sendNow(hook, { id: notification.id, body, message });
      const delivery: Delivery = {
        seq: 0,
        hookId: id,
        notificationId: notification.id,
        type: 'io.memoir.test',
        message,
        state: error === null ? 'DELIVERED' : 'DEAD',
        attempts: 1,
        nextAttemptAtMs: null,
        lastStatus: status,
        lastError: error,
        createdAtMs: notification.atMs,
        endedAtMs: now(),
      };
      return delivery;
    },
    deliveries: (query) => service.deliveries(query),
    countDeliveries: (hookId) => service.countDeliveries(hookId ?? null),
    async resend(seq) {
      const delivery = await service.resend(seq, now());
      if (delivery === null) throw new MemoirError('NOT_FOUND', `there is no delivery ${seq}`);
      dispatcher.wake();
      return delivery;
    },
    alerts: ({ activeOnly, limit }) => service.alerts(activeOnly, limit),
    async close() {
      clearInterval(tidying);
      await watch.close();
      await bulletins.close();
      await feeder.close();
      await dispatcher.close();
    },
  };

  async function sendNow(
    { id: hookId, definition: { target, name } }: Hook,
    { id, body, message }: { readonly id: string; readonly body: string; readonly message: string },
  ): Promise<{ readonly status: number | null; readonly error: string | null }> {
    const signal = AbortSignal.timeout(30_000);
    if (target.type === 'WEBHOOK') {
      const secrets = await service.secrets(hookId);
      if (secrets === null) throw new MemoirError('NOT_FOUND', 'the notification was deleted');
      return webhooks.send({ url: target.url, id, body, secrets }, signal);
    }
    if (mail === null) return { status: null, error: 'no mail server is configured' };
    const subject = `[Memoir] Test of ${name}`;
    try {
      await mail.send({ to: target.to, subject, text: `${message}\n`, messageId: `<${id}@memoir.invalid>` }, signal);
      return { status: null, error: null };
    } catch (error) {
      return { status: null, error: error instanceof Error ? error.message : String(error) };
    }
  }
}
