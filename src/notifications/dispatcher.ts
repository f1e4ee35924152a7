import { pause } from '../async/pause.ts';
import { Wake } from '../async/wake.ts';
import type { Remote } from '../database/service.ts';
import type { Closable } from '../domain/closable.ts';
import type { Hook } from './hook.ts';
import type { MailQueue } from './mail/mail-queue.ts';
import type { DueDelivery, NotificationService } from './notification-service.ts';
import { longestPauseMs, retryPauseMs } from './retry-schedule.ts';
import type { Attempt, WebhookSender } from './webhook/webhook-sender.ts';

/** Requests to one receiver at a time: a slow one holds up nobody else, and is not flooded when it comes back. */
const perHook = 4;
/** Between two looks when nothing is due and nobody says that there is something new. */
const idleMs = 30_000;
/** After an attempt that the database could not note: it is made again then. */
const databasePauseMs = 5_000;

export interface DispatcherOptions {
  readonly service: Remote<NotificationService>;
  readonly webhooks: WebhookSender;
  readonly mail: MailQueue | null;
  /** Time of day. */
  readonly now: () => number;
  /** A hook was switched off because its receiver is gone. */
  readonly onGone: (hook: Hook) => Promise<void>;
  readonly retryMs?: typeof retryPauseMs;
}

/** Makes the deliveries that are due: several hooks at once, of one operation one after the other. */
export class Dispatcher implements Closable {
  readonly #options: DispatcherOptions;
  readonly #closing = new AbortController();
  readonly #wake = new Wake();
  /** Deliveries under way, by hook. */
  readonly #underWay = new Map<string, Map<number, Promise<void>>>();
  readonly #running: Promise<void>;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** There may be something new. */
  wake(): void {
    this.#wake.knock();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.knock();
    await this.#running;
    await Promise.all([...this.#underWay.values()].flatMap((one) => [...one.values()]));
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const waitMs = await this.#round().catch(() => databasePauseMs);
      if (this.#closing.signal.aborted) return;
      await this.#wake.wait(waitMs);
    }
  }

  /** Begins what is due; answers how long to wait for the next. */
  async #round(): Promise<number> {
    const { service, now } = this.#options;
    for (const hook of await service.hooks()) {
      if (!hook.enabled) continue;
      if (hook.definition.target.type === 'MAIL') await this.#mail(hook);
      else await this.#post(hook);
    }
    const soonest = await service.soonest(now());
    return soonest === null ? idleMs : Math.min(idleMs, Math.max(50, soonest - now()));
  }

  async #post(hook: Hook): Promise<void> {
    const { service, now } = this.#options;
    const underWay = this.#underWay.get(hook.id) ?? new Map<number, Promise<void>>();
    this.#underWay.set(hook.id, underWay);
    if (underWay.size >= perHook) return;
    const due = await service.due(hook.id, true, now(), now() + longestPauseMs, perHook + underWay.size);
    for (const delivery of due) {
      if (underWay.size >= perHook) break;
      if (underWay.has(delivery.seq)) continue;
      const work = this.#deliver(hook, delivery)
        // What could not be noted is due still; not at once, though.
        .catch(() => pause(databasePauseMs, this.#closing.signal))
        .finally(() => {
          underWay.delete(delivery.seq);
          this.#wake.knock();
        });
      underWay.set(delivery.seq, work);
    }
  }

  async #deliver(hook: Hook, delivery: DueDelivery): Promise<void> {
    const { service, webhooks, onGone, now } = this.#options;
    const { target } = hook.definition;
    const secrets = await service.secrets(hook.id);
    if (target.type !== 'WEBHOOK' || secrets === null) return;
    const { notificationId: id, body } = delivery;
    const attempt = await webhooks.send({ url: target.url, id, body, secrets }, this.#closing.signal);
    // Cut off by our own end: nobody knows whether it arrived, so it is sent again.
    if (this.#closing.signal.aborted && !attempt.delivered) return;
    if (attempt.isGone) await onGone(hook);
    await service.settle([delivery.seq], this.#outcome(delivery.attempts + 1, attempt), now());
  }

  #outcome(attempts: number, { delivered, status, error, retryAfterMs, isGone }: Attempt) {
    const { now, retryMs = retryPauseMs } = this.#options;
    if (delivered) return { state: 'DELIVERED', nextAtMs: null, status, error: null } as const;
    const waitMs = retryMs(attempts, retryAfterMs);
    // It waits for the hook to be switched on again.
    if (isGone) return { state: 'PENDING', nextAtMs: now(), status, error } as const;
    if (waitMs === null) return { state: 'DEAD', nextAtMs: null, status, error } as const;
    return { state: 'PENDING', nextAtMs: Math.round(now() + waitMs), status, error } as const;
  }

  /** Mail: one message for each, or one for many where there would be too many. */
  async #mail(hook: Hook): Promise<void> {
    const { service, mail, now, retryMs = retryPauseMs } = this.#options;
    const { target } = hook.definition;
    if (mail === null || target.type !== 'MAIL' || this.#underWay.has(hook.id)) return;
    const due = await service.due(hook.id, false, now(), now() + longestPauseMs, mail.mostLines);
    const batch = mail.batch(hook.id, due);
    if (batch.deliveries.length === 0) {
      // Those that are too many wait for the digest of the hour.
      if (due.length > 0)
        await service.postpone(
          due.map(({ seq }) => seq),
          Math.round(now() + batch.waitMs),
        );
      return;
    }
    const seqs = batch.deliveries.map(({ seq }) => seq);
    const work = mail
      .send(hook, target.to, batch.deliveries, this.#closing.signal)
      .then(async (error) => {
        if (error === null)
          return service.settle(seqs, { state: 'DELIVERED', nextAtMs: null, status: null, error: null }, now());
        if (this.#closing.signal.aborted) return;
        for (const { seq, attempts } of batch.deliveries) {
          const waitMs = retryMs(attempts + 1);
          const nextAtMs = waitMs === null ? null : Math.round(now() + waitMs);
          await service.settle(
            [seq],
            { state: nextAtMs === null ? 'DEAD' : 'PENDING', nextAtMs, status: null, error },
            now(),
          );
        }
      })
      .catch(() => pause(databasePauseMs, this.#closing.signal))
      .finally(() => {
        this.#underWay.delete(hook.id);
        this.#wake.knock();
      });
    this.#underWay.set(hook.id, new Map([[0, work]]));
  }
}
