import { Cron } from 'croner';
import { MemoirError } from '../domain/memoir-error.ts';
import type { Timing } from './schedule.ts';

/** Expressions that are kept ready: one costs about as much as reading it twice. */
const maxKept = 1_000;
/** The first stretch of time in which what was missed is counted, and how often another is tried. */
const firstStretchMs = 60_000;
const maxTries = 60;

/**
 * When a schedule is due: a pure calculation, no timers. Across a change of the clocks a fixed time (`30 2 * * *`) comes once: at
 * its first occurrence where it occurs twice, right after the gap where it does not occur. What repeats through the day (a `*` or
 * a step in hours, minutes or seconds) goes on by elapsed time, in both hours of an overlap.
 */
export class DueTimes {
  readonly #ready = new Map<string, Cron>();

  /** The first one after a moment (exclusive); null where none ever comes. */
  next(timing: Timing, afterMs: number): number | null {
    if (timing.kind === 'EVERY') {
      const { everyMs, anchorMs } = timing;
      return anchorMs + (Math.floor((afterMs - anchorMs) / everyMs) + 1) * everyMs;
    }
    // Croner counts in whole seconds, and rounds down.
    return this.#cron(timing).nextRun(new Date(afterMs))?.getTime() ?? null;
  }

  /** The first `count` of them after a moment. */
  upcoming(timing: Timing, afterMs: number, count: number): readonly number[] {
    const found: number[] = [];
    for (let at: number | null = afterMs; found.length < count; ) {
      at = this.next(timing, at);
      if (at === null) break;
      found.push(at);
    }
    return found;
  }

  /**
   * The newest `limit` (or a few more) of those after one moment (exclusive) and up to another (inclusive), oldest first; and whether
   * there are older ones. Always counted forward, so that it cannot differ from `next`: over a stretch that grows from the end.
   */
  between(
    timing: Timing,
    afterMs: number,
    untilMs: number,
    limit: number,
  ): { readonly times: readonly number[]; readonly more: boolean } {
    let found: readonly number[] = [];
    let [enough, tooFar] = [untilMs, Number.NEGATIVE_INFINITY];
    for (let tries = 0; tries < maxTries; tries++) {
      const start = stretch(untilMs, enough, Math.max(afterMs, tooFar));
      const times = this.#forward(timing, start, untilMs, 2 * limit);
      if (times === null) tooFar = start;
      else {
        found = times;
        enough = start;
        if (start <= afterMs) return { times: found, more: false };
        if (found.length >= limit) break;
      }
    }
    return { times: found, more: true };
  }

  /** All of them in a stretch; null for more than `limit`. */
  #forward(timing: Timing, afterMs: number, untilMs: number, limit: number): readonly number[] | null {
    const found: number[] = [];
    for (let at = this.next(timing, afterMs); at !== null && at <= untilMs; at = this.next(timing, at)) {
      if (found.length === limit) return null;
      found.push(at);
    }
    return found;
  }

  /** BAD_INPUT for an expression or a time zone that makes no sense, or that never comes due. */
  check(timing: Timing, nowMs: number): void {
    if (this.next(timing, nowMs) === null)
      throw new MemoirError('BAD_INPUT', 'this expression is never due: no such day exists');
  }

  #cron({ cron, timeZone }: Extract<Timing, { kind: 'CRON' }>): Cron {
    const key = `${timeZone}\0${cron}`;
    const known = this.#ready.get(key);
    if (known !== undefined) return known;
    checkTimeZone(timeZone);
    const made = read(cron, timeZone);
    const [oldest] = this.#ready.keys();
    if (this.#ready.size >= maxKept && oldest !== undefined) this.#ready.delete(oldest);
    this.#ready.set(key, made);
    return made;
  }
}

/** A start further back than the one that had room for more, and not so far as the one that had too many. */
function stretch(untilMs: number, enough: number, furthest: number): number {
  const doubled = untilMs - Math.max(firstStretchMs, 2 * (untilMs - enough));
  return doubled > furthest ? doubled : furthest;
}

export function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch (cause) {
    throw new MemoirError('BAD_INPUT', `there is no time zone ${JSON.stringify(timeZone)}`, {
      cause,
      hint: 'Use a name of the IANA time zone database, such as Europe/Berlin or UTC.',
    });
  }
}

function read(cron: string, timezone: string): Cron {
  // Croner takes a date in place of an expression; it would be due once.
  if (/^\s*\d{4}-/.test(cron)) throw unreadable('a date is not a cron expression');
  try {
    // `no-wildcard` is how Vixie cron tells a fixed time: `30 2,14 * * *` is one as well.
    return new Cron(cron, { timezone, paused: true, fixedTimeRule: 'no-wildcard' });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^Cron\w+: /, '') : String(cause);
    throw unreadable(reason, cause);
  }
}

const unreadable = (reason: string, cause?: unknown) =>
  new MemoirError('BAD_INPUT', `not a cron expression: ${reason}`, {
    cause,
    hint: 'Write minute, hour, day, month, weekday, as in "30 2 * * 1-5"; a sixth field in front is seconds.',
  });
