import { Wake } from '../async/wake.ts';
import type { Remote } from '../database/service.ts';
import type { Closable } from '../domain/closable.ts';
import { deliveriesOf } from './deliveries-of.ts';
import type { Hook } from './hook.ts';
import type { Notification } from './notification.ts';
import type { NotificationService } from './notification-service.ts';

/** Something that another room lists as worth telling, by a number that rises. */
export type Bulletin = Pick<Notification, 'kind' | 'orderKey' | 'machine' | 'subject' | 'message' | 'atMs' | 'data'> & {
  readonly seq: number;
};

/** A room's list of bulletins. */
export interface BulletinSource {
  /** Part of each notification's id, so it is never renamed: `schedule`, `retention`. */
  readonly name: string;
  /** The number of the newest; 0 if there is none yet. */
  newest(): Promise<number>;
  /** Those after a number, ascending; an empty answer means that there are no more. */
  after(seq: number): Promise<readonly { readonly seq: number; readonly bulletin: Bulletin | null }[]>;
  /** Calls back when there may be new ones; answers what ends that. */
  watch(listener: () => void): () => void;
}

export interface BulletinFeederOptions {
  readonly service: Remote<NotificationService>;
  readonly sources: readonly BulletinSource[];
  readonly hooks: () => readonly Hook[];
  readonly nodeId: string;
  readonly host: string;
  readonly onNew: () => void;
  readonly warn: (fields: object, message: string) => void;
}

/** After a failure, and in case that a call was missed. */
const againMs = 60_000;

/** Turns what hooks want of each source into deliveries: the place in the source and the deliveries in one transaction, as the event log’s. */
export class BulletinFeeder implements Closable {
  readonly #options: BulletinFeederOptions;
  readonly #closing = new AbortController();
  readonly #wake = new Wake();
  readonly #unwatch: (() => void)[];
  readonly #running: Promise<void>;

  constructor(options: BulletinFeederOptions) {
    this.#options = options;
    this.#unwatch = options.sources.map((source) => source.watch(() => this.#wake.knock()));
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    for (const unwatch of this.#unwatch) unwatch();
    this.#closing.abort();
    this.#wake.knock();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    if (this.#options.sources.length === 0) return;
    while (!signal.aborted) {
      for (const source of this.#options.sources)
        await this.#feed(source).catch((error: unknown) => {
          if (!signal.aborted)
            this.#options.warn({ err: error, source: source.name }, 'notifications are delayed; retrying');
        });
      if (!signal.aborted) await this.#wake.wait(againMs);
    }
  }

  async #feed(source: BulletinSource): Promise<void> {
    const { service, hooks, nodeId, onNew } = this.#options;
    const kept = await service.placeOf(source.name);
    const newest = await source.newest();
    // The first time, what happened before anybody could be told is no news. A number that sank is another list.
    if (kept === null || kept > newest) return service.enqueueOf(source.name, newest, [], Date.now());
    for (let seq = kept; !this.#closing.signal.aborted; ) {
      const items = await source.after(seq);
      const last = items.at(-1);
      if (last === undefined) return;
      const deliveries = items.flatMap(({ bulletin }) => {
        if (bulletin === null) return [];
        const waiting = hooks().filter(({ createdAtMs }) => createdAtMs <= bulletin.atMs);
        return deliveriesOf(this.#notificationOf(source, bulletin), waiting, nodeId);
      });
      seq = last.seq;
      await service.enqueueOf(source.name, seq, deliveries, Date.now());
      if (deliveries.length > 0) onNew();
    }
  }

  #notificationOf({ name }: BulletinSource, { seq, data, ...bulletin }: Bulletin): Notification {
    const { nodeId, host } = this.#options;
    return { ...bulletin, id: `${nodeId}_${name}-${seq}`, data: { host, ...data } };
  }
}
