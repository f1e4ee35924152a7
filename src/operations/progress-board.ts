import { PullStream } from '../async/pull-stream.ts';
import { isTerminal } from '../domain/operation-state.ts';
import type { Operation } from './operation.ts';
import type { Progress } from './operation-kind.ts';
import type { LiveOperation, ProgressQuery } from './operations.ts';
import { Rate } from './rate.ts';

/** Shortest time between two ticks of one operation; transitions are never held back. */
const tickMs = 100;

interface Entry {
  operation: Operation;
  progress: Progress | null;
  rate: Rate;
  timer: NodeJS.Timeout | undefined;
}

interface Subscriber {
  readonly stream: PullStream<LiveOperation>;
  matches(operation: Operation): boolean;
  /** The latest state of each operation that the subscriber has not seen yet: one slot each, however slow it is. */
  readonly slots: Map<string, LiveOperation>;
}

/** What all active operations are at, now, and who wants to know. */
export class ProgressBoard {
  readonly #entries = new Map<string, Entry>();
  readonly #subscribers = new Set<Subscriber>();

  /** A transition or phase: told at once. A terminal one is the last word on the operation. */
  update(operation: Operation): void {
    const entry = this.#entry(operation);
    // Answers of the journal may pass each other; its numbers tell which is newer.
    if (operation.seq < entry.operation.seq) return;
    entry.operation = operation;
    if (operation.state === 'QUEUED') entry.progress = null;
    this.#tell(entry);
    if (isTerminal(operation.state)) this.#entries.delete(operation.id);
  }

  /** A tick: told when the last one is old enough. */
  progress(id: string, progress: Progress): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.progress = progress;
    entry.rate.update(progress.doneBytes, performance.now());
    entry.timer ??= setTimeout(() => this.#tell(entry), tickMs);
  }

  live(operation: Operation): LiveOperation {
    const entry = this.#entries.get(operation.id);
    return entry === undefined ? atRest(operation) : view({ ...entry, operation });
  }

  /**
   * Starts with the active operations that match. `show` adds others, as the journal has them; to be called with what was
   * read after this call, so that no transition falls between the two.
   */
  watch(query: ProgressQuery): { stream: PullStream<LiveOperation>; show(operations: readonly Operation[]): void } {
    const slots = new Map<string, LiveOperation>();
    const ids = query.ids === undefined ? undefined : new Set(query.ids);
    const subjects = query.subjects === undefined ? undefined : new Set(query.subjects);
    const open = new Set(ids);

    const take = async () => {
      for (const [id, live] of slots) {
        slots.delete(id);
        if (isTerminal(live.operation.state)) open.delete(id);
        return { value: live };
      }
      return ids !== undefined && open.size === 0 ? 'END' : undefined;
    };
    const matches = (operation: Operation) =>
      (query.kind === undefined || operation.kind === query.kind) &&
      (ids === undefined && subjects === undefined
        ? true
        : (ids?.has(operation.id) ?? false) || operation.subjects.some((subject) => subjects?.has(subject)));

    const stream = new PullStream<LiveOperation>(take, () => this.#subscribers.delete(subscriber));
    const subscriber: Subscriber = { stream, slots, matches };
    for (const entry of this.#entries.values())
      if (matches(entry.operation)) slots.set(entry.operation.id, view(entry));
    this.#subscribers.add(subscriber);
    const show = (operations: readonly Operation[]) => {
      for (const operation of operations) {
        if (!slots.has(operation.id)) slots.set(operation.id, this.live(operation));
      }
      stream.knock();
    };
    return { stream, show };
  }

  end(): void {
    for (const { stream } of this.#subscribers) stream.end();
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
  }

  #entry(operation: Operation): Entry {
    let entry = this.#entries.get(operation.id);
    if (entry === undefined) {
      entry = { operation, progress: null, rate: new Rate(), timer: undefined };
      this.#entries.set(operation.id, entry);
    }
    return entry;
  }

  #tell(entry: Entry): void {
    clearTimeout(entry.timer);
    entry.timer = undefined;
    let seen: LiveOperation | undefined;
    for (const { matches, slots, stream } of this.#subscribers) {
      if (!matches(entry.operation)) continue;
      seen ??= view(entry);
      slots.set(entry.operation.id, seen);
      stream.knock();
    }
  }
}

function view({ operation, progress, rate }: Entry): LiveOperation {
  const perSecond = operation.state === 'RUNNING' ? rate.bytesPerSecond : null;
  const left = progress === null || progress.totalBytes === null ? null : progress.totalBytes - progress.doneBytes;
  return {
    operation,
    progress,
    bytesPerSecond: perSecond,
    secondsLeft: left === null || perSecond === null || perSecond <= 0 ? null : Math.max(0, left) / perSecond,
  };
}

function atRest(operation: Operation): LiveOperation {
  return { operation, progress: null, bytesPerSecond: null, secondsLeft: null };
}
