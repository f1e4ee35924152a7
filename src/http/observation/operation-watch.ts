import { setTimeout as sleep } from 'node:timers/promises';
import type { Closable } from '../../domain/closable.ts';
import { fieldOf } from '../../domain/field.ts';
import { isTerminal } from '../../domain/operation-state.ts';
import type { Services } from '../../graphql/services.ts';
import { Histogram, type Metric } from './exposition.ts';

/** Upper bounds in seconds: what a snapshot takes, and what a core dump of a large guest takes. */
const pauseBounds = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 120];
const durationBounds = [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/** Between a failure of the journal and the next attempt. */
const retryMs = 5_000;

type Item<S> = S extends AsyncIterable<infer I> ? I : never;
type OperationEvent = Extract<Item<ReturnType<Services['operations']['watchEvents']>>, { type: 'EVENT' }>['event'];

/**
 * Follows the event log from the server's start on: one line in the log for each event, and counters for the metrics. When
 * the journal fails for a moment, reading goes on where it was.
 */
export class OperationWatch implements Closable {
  readonly #services: Pick<Services, 'operations' | 'log'>;
  readonly #ends = new Map<string, { readonly kind: string; readonly state: string; count: number }>();
  readonly #pauses = new Histogram(pauseBounds);
  readonly #durations = new Histogram(durationBounds);
  #writtenBytes = 0;
  readonly #closing = new AbortController();
  #following: Promise<void> | undefined;

  constructor(services: Pick<Services, 'operations' | 'log'>) {
    this.#services = services;
  }

  start(): void {
    this.#following ??= this.#follow();
  }

  async #follow(): Promise<void> {
    const { operations, log } = this.#services;
    const { signal } = this.#closing;
    let place: number | undefined;
    while (!signal.aborted) {
      try {
        place ??= (await operations.bounds()).last;
        const stream = operations.watchEvents(place);
        const leave = () => void stream.return?.();
        signal.addEventListener('abort', leave);
        if (signal.aborted) leave();
        for await (const item of stream) {
          place = item.type === 'EVENT' ? item.event.seq : item.resumeAfter;
          if (item.type === 'EVENT') await this.#take(item.event);
        }
        // The engine has closed.
        return;
      } catch (error) {
        log.error({ err: error }, 'the event log cannot be followed; trying again');
        await sleep(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  async #take(event: OperationEvent): Promise<void> {
    const { operationId, kind, subject, type, state, phase, message, seq } = event;
    this.#services.log.info({ operation: operationId, kind, subject, event: type, state, phase, seq }, message);
    if (!isTerminal(state) || !['COMPLETED', 'FAILED', 'CANCELLED'].includes(type)) return;
    const key = `${kind} ${state}`;
    const end = this.#ends.get(key) ?? { kind, state, count: 0 };
    this.#ends.set(key, { ...end, count: end.count + 1 });
    const [operation] = await this.#services.operations.get([operationId]);
    if (operation?.state !== 'COMPLETED') return;
    // What a dump's result has; other kinds have other results.
    const guestPauseMs = fieldOf(operation.result, 'guestPauseMs');
    const sizeBytes = fieldOf(operation.result, 'sizeBytes');
    if (typeof guestPauseMs === 'number') this.#pauses.add(guestPauseMs / 1000);
    if (typeof sizeBytes === 'number') this.#writtenBytes += sizeBytes;
    if (operation.durationMs !== null) this.#durations.add(operation.durationMs / 1000);
  }

  metrics(): Metric[] {
    const ends = [...this.#ends.values()].map(({ kind, state, count }) => ({ labels: { kind, state }, value: count }));
    return [
      {
        name: 'memoir_operations_ended_total',
        type: 'counter',
        help: 'Operations that ended since the server’s start.',
        samples: ends,
      },
      {
        name: 'memoir_guest_pause_seconds',
        type: 'histogram',
        help: 'How long guests stood still because of a dump.',
        samples: this.#pauses.samples(),
      },
      {
        name: 'memoir_operation_duration_seconds',
        type: 'histogram',
        help: 'How long completed operations ran.',
        samples: this.#durations.samples(),
      },
      {
        name: 'memoir_artifact_bytes_total',
        type: 'counter',
        help: 'Bytes of artifacts that were committed.',
        samples: [{ value: this.#writtenBytes }],
      },
    ];
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#following;
  }
}
