import { PullStream } from '../async/pull-stream.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import type { Journal } from './journal.ts';
import type { OperationEvent } from './operation.ts';
import type { EventItem } from './operations.ts';

/** Newest events kept in memory, shared by all subscribers: who keeps up never asks the journal. */
const keptEvents = 1024;
/** Events that a subscriber who is behind fetches at a time. */
const batchSize = 256;

/**
 * The live side of the event log. A subscriber is a cursor: it takes the event after its cursor from the shared newest ones
 * or from the journal, so that being slow costs nothing, and replay and live are one path without a seam.
 */
export class EventLog {
  readonly #journal: Pick<Journal, 'events' | 'bounds'>;
  readonly #streams = new Set<PullStream<EventItem>>();
  /** Contiguous, ascending; the newest at the end. */
  #newest: OperationEvent[] = [];
  #first: number;
  #last: number;

  constructor(journal: Pick<Journal, 'events' | 'bounds'>, bounds: { readonly first: number; readonly last: number }) {
    this.#journal = journal;
    this.#first = bounds.first;
    this.#last = bounds.last;
  }

  /** Events before this one are no longer there. */
  pruned(first: number): void {
    this.#first = first;
  }

  /** Tells subscribers of committed events. Order does not matter: what is missing here is read from the journal. */
  publish(events: readonly OperationEvent[]): void {
    for (const event of events) {
      if (event.seq !== (this.#newest.at(-1)?.seq ?? event.seq - 1) + 1) this.#newest = [];
      this.#newest.push(event);
      this.#last = Math.max(this.#last, event.seq);
    }
    if (this.#newest.length > 2 * keptEvents) this.#newest = this.#newest.slice(-keptEvents);
    for (const stream of this.#streams) stream.knock();
  }

  watch(after: number): AsyncIterableIterator<EventItem> {
    if (!Number.isSafeInteger(after) || after < 0 || after > this.#last) {
      throw new MemoirError('BAD_CURSOR', `there is no event ${after} yet: the newest is ${this.#last}`, {
        hint: 'If the data directory was replaced, start again from 0.',
      });
    }
    // Who asks for the beginning gets what there is; who has been here before must know that something was missed.
    if (after > 0 && after < this.#first - 1) {
      const oldest = this.#first - 1;
      throw new MemoirError(
        'CURSOR_EXPIRED',
        `the events after ${after} are no longer kept: the oldest cursor is ${oldest}`,
        {
          details: { oldest: String(oldest) },
        },
      );
    }
    let cursor = after;
    let fetched: OperationEvent[] = [];

    const deliver = (event: OperationEvent): { value: EventItem } => {
      if (event.seq > cursor + 1) {
        const lagged: EventItem = { type: 'LAGGED', after: cursor, resumeAfter: event.seq - 1 };
        cursor = event.seq - 1;
        return { value: lagged };
      }
      cursor = event.seq;
      return { value: { type: 'EVENT', event } };
    };

    const stream = new PullStream<EventItem>(
      async () => {
        if (cursor >= this.#last) return undefined;
        const first = this.#newest[0]?.seq ?? Number.POSITIVE_INFINITY;
        const kept = this.#newest[cursor + 1 - first];
        if (kept !== undefined) return deliver(kept);
        if (fetched[0]?.seq !== cursor + 1) fetched = [...(await this.#journal.events(cursor, batchSize))];
        const next = fetched[0];
        if (next === undefined) return this.#pruned(cursor, (value) => (cursor = value));
        const item = deliver(next);
        if (item.value.type === 'EVENT') fetched.shift();
        return item;
      },
      () => this.#streams.delete(stream),
    );
    this.#streams.add(stream);
    return stream;
  }

  /** The journal has nothing after the cursor although numbers were given: they were pruned. */
  async #pruned(cursor: number, resume: (cursor: number) => void): Promise<{ value: EventItem } | undefined> {
    const { last } = await this.#journal.bounds();
    if (last <= cursor) return undefined;
    resume(last);
    return { value: { type: 'LAGGED', after: cursor, resumeAfter: last } };
  }

  end(): void {
    for (const stream of this.#streams) stream.end();
  }
}
