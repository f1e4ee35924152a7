import type { EventFieldsFragment } from '../api/generated/graphql.ts';

/** What the page learns from the stream, in order. */
export type News =
  /** `replayed` while the page catches up: it happened, but not just now. */
  | { readonly type: 'EVENT'; readonly event: EventFieldsFragment; readonly replayed: boolean }
  /** Some events are no longer to be had; everything on the screen should be asked for again. */
  | { readonly type: 'LAGGED'; readonly event: EventFieldsFragment }
  /** The page is up to date again after an absence. */
  | {
      readonly type: 'RETURNED';
      readonly awayMs: number;
      readonly caughtUp: number;
      /** It was only a reload: nothing on the screen is older than the place that the page went on from. */
      readonly reloaded: boolean;
    }
  /** The server does not know our place in its log (it has another log now): it goes on from now. */
  | { readonly type: 'RESET'; readonly message: string };

/** A place in the log: the cursor to go on from, its number, and when the page was last known to be up to date. */
export interface Place {
  readonly cursor: string;
  readonly seq: number | null;
  readonly at: number;
}

export interface EventSource {
  /** Cursor of the newest event there is. */
  newest(): Promise<string>;
  /**
   * Events after `variables.after`, for ever, over every loss of the line; `variables` is read again for each new line, so
   * that one object with a getter goes on where it was.
   */
  subscribe(
    variables: { readonly after: string },
    on: { event(event: EventFieldsFragment): void; refused(code: string, message: string): void; ended(): void },
  ): () => void;
}

export interface EventStream {
  /**
   * Begins after `place`, or from now; `tell` gets all the news. `isNew` if the place was asked for just now: then there was
   * no absence, and nothing to return from.
   */
  start(place: Place | null, tell: (news: News) => void, isNew?: boolean): Promise<void>;
  /** The line is gone since then (epoch ms). */
  lost(since: number): void;
  /** The line is there again. */
  back(): void;
  place(): Place | null;
  stop(): void;
}

const again = 2000;

/**
 * The stream that everything on the screen follows from: each event once, in order, however often the line breaks. After an
 * absence it asks where the log ends, and says `RETURNED` when it has read up to there.
 */
export function createEventStream(source: EventSource, now: () => number = Date.now): EventStream {
  let cursor = '';
  let seq: number | null = null;
  let upToDateAt = now();
  let tell: (news: News) => void = () => {};
  let unsubscribe: () => void = () => {};
  let stopped = false;
  /** Whether the line was there ever since the start. */
  let unbroken = true;
  /** Since when we are away; null while up to date. */
  let leftAt: number | null = null;
  let target: string | null = null;
  /** Cursors read since the line came back: the answer with the end of the log may come later than the events up to it. */
  let read = new Set<string>();
  const timers = new Set<ReturnType<typeof setTimeout>>();

  function later(action: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopped) action();
    }, again);
    timers.add(timer);
  }

  function arrived(): void {
    const awayMs = now() - (leftAt ?? now());
    const caughtUp = read.size;
    leftAt = null;
    target = null;
    read = new Set();
    upToDateAt = now();
    tell({ type: 'RETURNED', awayMs, caughtUp, reloaded: unbroken });
  }

  /** Finds out where the log ends; events go on coming meanwhile. */
  async function catchUp(): Promise<void> {
    const absence = leftAt;
    if (absence === null) return;
    try {
      const newest = await source.newest();
      if (stopped || leftAt !== absence) return;
      if (newest === cursor || read.has(newest)) arrived();
      else target = newest;
    } catch {
      later(() => void catchUp());
    }
  }

  function receive(event: EventFieldsFragment): void {
    const lagged = event.type === 'LAGGED';
    if (seq !== null && event.seq <= seq) return;
    cursor = event.cursor;
    seq = event.seq;
    if (leftAt === null) upToDateAt = now();
    else read.add(event.cursor);
    tell(lagged ? { type: 'LAGGED', event } : { type: 'EVENT', event, replayed: leftAt !== null });
    if (target !== null && event.cursor === target) arrived();
  }

  async function reset(message: string): Promise<void> {
    try {
      cursor = await source.newest();
      seq = null;
      tell({ type: 'RESET', message });
      if (leftAt !== null) arrived();
      subscribe();
    } catch {
      later(() => void reset(message));
    }
  }

  function subscribe(): void {
    if (stopped) return;
    unsubscribe = source.subscribe(
      {
        get after() {
          return cursor;
        },
      },
      {
        event: receive,
        refused: (code, message) => (code === 'BAD_CURSOR' ? void reset(message) : later(subscribe)),
        ended: () => later(subscribe),
      },
    );
  }

  async function begin(): Promise<void> {
    try {
      cursor = await source.newest();
      upToDateAt = now();
      subscribe();
      if (leftAt !== null) arrived();
    } catch {
      leftAt ??= now();
      unbroken = false;
      later(() => void begin());
    }
  }

  return {
    async start(place, listener, isNew = false) {
      tell = listener;
      if (place === null) return begin();
      cursor = place.cursor;
      seq = place.seq;
      if (isNew) upToDateAt = place.at;
      else leftAt = place.at;
      subscribe();
      await catchUp();
    },
    lost(since) {
      unbroken = false;
      leftAt ??= since;
      target = null;
    },
    back() {
      if (cursor !== '') void catchUp();
    },
    place: () => (cursor === '' ? null : { cursor, seq, at: upToDateAt }),
    stop() {
      stopped = true;
      unsubscribe();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
