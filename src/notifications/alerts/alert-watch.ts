import { randomUUID } from 'node:crypto';
import { pause } from '../../async/pause.ts';
import type { Remote } from '../../database/service.ts';
import type { Closable } from '../../domain/closable.ts';
import { deliveriesOf } from '../deliveries-of.ts';
import type { Hook } from '../hook.ts';
import type { Notification } from '../notification.ts';
import type { NotificationService } from '../notification-service.ts';
import type { Condition } from './alert.ts';
import type { AlertSource } from './alert-source.ts';

const defaultTimes = { firstMs: 60_000, everyMs: 600_000 };

export interface AlertWatchOptions {
  readonly service: Remote<NotificationService>;
  readonly sources: readonly AlertSource[];
  readonly hooks: () => readonly Hook[];
  readonly nodeId: string;
  readonly host: string;
  readonly onNew: () => void;
  readonly warn: (fields: object, message: string) => void;
  readonly times?: typeof defaultTimes;
}

/** Looks every ten minutes for what is wrong. An alert is raised once, and cleared when its condition is gone. */
export class AlertWatch implements Closable {
  readonly #options: AlertWatchOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: AlertWatchOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { firstMs, everyMs } = this.#options.times ?? defaultTimes;
    const { signal } = this.#closing;
    for (let waitMs = firstMs; ; waitMs = everyMs) {
      await pause(waitMs, signal);
      if (signal.aborted) return;
      for (const source of this.#options.sources) await this.#look(source);
    }
  }

  async #look(source: AlertSource): Promise<void> {
    const { service, warn, onNew } = this.#options;
    try {
      const conditions = await source.look(this.#closing.signal);
      const wishes = conditions.map((condition) => this.#announced(condition));
      if ((await service.review(wishes, [source.kind], Date.now())) > 0) onNew();
    } catch (error) {
      if (!this.#closing.signal.aborted) warn({ err: error, kind: source.kind }, 'this alert could not be checked');
    }
  }

  #announced(condition: Condition) {
    const { nodeId, host, hooks } = this.#options;
    const id = randomUUID();
    const notification: Notification = {
      id: `${nodeId}_alert-${id}`,
      kind: condition.kind,
      orderKey: id,
      machine: condition.machine,
      subject: `alerts/${id}`,
      message: condition.message,
      atMs: Date.now(),
      data: { host, alert: { id, kind: condition.kind, subject: condition.subject } },
    };
    return { ...condition, id, deliveries: deliveriesOf(notification, hooks(), nodeId) };
  }
}
