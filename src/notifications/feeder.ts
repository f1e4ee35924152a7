import { pause } from '../async/pause.ts';
import type { Remote } from '../database/service.ts';
import type { Closable } from '../domain/closable.ts';
import { isMemoirError } from '../domain/memoir-error.ts';
import { isTerminal } from '../domain/operation-state.ts';
import type { Operation, OperationEvent } from '../operations/operation.ts';
import type { Operations } from '../operations/operations.ts';
import { deliveriesOf } from './deliveries-of.ts';
import type { Hook } from './hook.ts';
import { type EventKind, eventKinds, type Notification } from './notification.ts';
import type { NotificationService } from './notification-service.ts';

/** What a notification says of an operation beyond its state. */
export interface OperationFacts {
  readonly machine: string | null;
  /** A verification that ended well, and found that the artifact is damaged. */
  readonly isDamaged: boolean;
}

export interface FeederOptions {
  readonly service: Remote<NotificationService>;
  readonly operations: Pick<Operations, 'watchEvents' | 'bounds' | 'get'>;
  readonly nodeId: string;
  readonly host: string;
  readonly factsOf: (operation: Operation) => OperationFacts;
  readonly hooks: () => readonly Hook[];
  /** There are new deliveries. */
  readonly onNew: () => void;
  readonly warn: (fields: object, message: string) => void;
}

/** How often the place is kept where nothing is to be delivered. What is read again after a crash makes no delivery twice. */
const placeMs = 10_000;
const againMs = 2_000;

const kinds: Partial<Record<OperationEvent['type'], EventKind>> = {
  QUEUED: 'OPERATION_QUEUED',
  STARTED: 'OPERATION_STARTED',
  COMPLETED: 'OPERATION_COMPLETED',
  FAILED: 'OPERATION_FAILED',
  CANCELLED: 'OPERATION_CANCELLED',
};

/** Reads the event log from where it was left and turns what hooks want into deliveries: place and deliveries in one transaction. */
export class Feeder implements Closable {
  readonly #options: FeederOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #seq: number | null = null;
  #keptAtMs = performance.now();
  #end: (() => void) | undefined;

  constructor(options: FeederOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#end?.();
    await this.#running;
    if (this.#seq !== null) await this.#options.service.enqueue(this.#seq, [], Date.now()).catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted)
      try {
        await this.#follow();
      } catch (error) {
        if (signal.aborted) return;
        this.#options.warn({ err: error }, 'notifications are delayed; retrying');
        await pause(againMs, signal);
      }
  }

  async #start(): Promise<number> {
    const { service, operations } = this.#options;
    const [kept, { first, last }] = await Promise.all([service.place(), operations.bounds()]);
    // The first time: what happened before anybody could be told is no news.
    if (kept === null || kept > last) return last;
    return Math.max(kept, first - 1);
  }

  async #follow(): Promise<void> {
    this.#seq ??= await this.#start();
    const events = this.#options.operations.watchEvents(this.#seq);
    this.#end = () => void events.return?.();
    for await (const item of events) {
      if (this.#closing.signal.aborted) return;
      if (item.type === 'LAGGED') {
        const { after, resumeAfter } = item;
        this.#options.warn({ after, resumeAfter }, 'events expired before their notifications were sent');
        this.#seq = resumeAfter;
      } else {
        await this.#feed(item.event);
        this.#seq = item.event.seq;
      }
    }
  }

  async #feed(event: OperationEvent): Promise<void> {
    const { service, hooks, nodeId, onNew } = this.#options;
    const waiting = hooks().filter(({ enabled, createdAtMs }) => enabled && createdAtMs <= event.atMs);
    const notification = waiting.length === 0 ? null : await this.#notificationOf(event);
    const deliveries = notification === null ? [] : deliveriesOf(notification, waiting, nodeId);
    const isDue = performance.now() - this.#keptAtMs >= placeMs;
    if (deliveries.length === 0 && !isDue) return;
    await service.enqueue(event.seq, deliveries, Date.now());
    this.#keptAtMs = performance.now();
    if (deliveries.length > 0) onNew();
  }

  async #notificationOf(event: OperationEvent): Promise<Notification | null> {
    const { operations, nodeId, host, factsOf } = this.#options;
    const plain = kinds[event.type];
    if (plain === undefined) return null;
    const [operation] = await operations.get([event.operationId]);
    if (operation == null) return null;
    const facts = readFacts(operation, factsOf);
    const kind = plain === 'OPERATION_COMPLETED' && facts.isDamaged ? 'VERIFICATION_FAILED' : plain;
    const { seq, operationId, kind: operationKind, state, atMs } = event;
    const what = operationKind.charAt(0) + operationKind.slice(1).toLowerCase().replaceAll('_', ' ');
    const of = facts.machine === null ? '' : ` of ${facts.machine}`;
    // How it ended is worth a word; that it waits or has started says all there is.
    const how = isTerminal(state) && event.message !== '' ? `: ${event.message}` : '';
    return {
      id: `${nodeId}_${seq}`,
      kind,
      orderKey: operationId,
      machine: facts.machine,
      subject: `operations/${operationId}`,
      message: `${what}${of} ${eventKinds[plain].title}${how}`,
      atMs,
      data: {
        cursor: String(seq),
        host,
        operation: { id: operationId, kind: operationKind, state, actor: operation.actor },
        error: state === 'FAILED' && operation.error !== null ? { code: operation.error.code } : null,
      },
    };
  }
}

/** An operation whose request another version wrote is told of without its machine. */
function readFacts(operation: Operation, factsOf: FeederOptions['factsOf']): OperationFacts {
  try {
    return factsOf(operation);
  } catch (error) {
    if (!isMemoirError(error)) throw error;
    return { machine: null, isDamaged: false };
  }
}
