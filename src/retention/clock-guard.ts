const dayMs = 86_400_000;
const hourMs = 3_600_000;

export interface ClockGuardParts {
  readonly now: () => number;
  /** One that nobody sets. */
  readonly elapsedMs: () => number;
  /** When retention looked last, before this server started; null for never. */
  readonly lastSeenMs: number | null;
}

/**
 * Whether the clock can be trusted with removing things. A leap of more than a day stops retention until the clock is back, or has stayed
 * as it is for a day. A start more than a day after the last look (the server was off, or the clock was set meanwhile: it cannot tell)
 * waits for an hour.
 */
export class ClockGuard {
  readonly #parts: ClockGuardParts;
  /** The wall clock, ahead of the one that nobody sets. */
  #aheadMs: number;
  #leaptAtMs: number | null = null;
  readonly #startedMs: number;
  readonly #startLeap: 'FORWARD' | 'BACK' | null;

  constructor(parts: ClockGuardParts) {
    this.#parts = parts;
    const { now, elapsedMs, lastSeenMs } = parts;
    this.#startedMs = elapsedMs();
    this.#aheadMs = now() - this.#startedMs;
    const sinceMs = lastSeenMs === null ? 0 : now() - lastSeenMs;
    this.#startLeap = sinceMs > dayMs ? 'FORWARD' : sinceMs < -dayMs ? 'BACK' : null;
  }

  /** Why nothing may be removed now, as a sentence; null if it may. `newestMs` is the time of the newest artifact. */
  warning(newestMs: number | null): string | null {
    const { now, elapsedMs } = this.#parts;
    const elapsed = elapsedMs();
    const aheadMs = now() - elapsed;
    if (Math.abs(aheadMs - this.#aheadMs) > dayMs) {
      this.#leaptAtMs ??= elapsed;
      if (elapsed - this.#leaptAtMs < dayMs)
        return 'The clock was set by more than a day: nothing is removed until it is back, or has stayed so for a day.';
      this.#aheadMs = aheadMs;
    }
    this.#leaptAtMs = null;
    if (newestMs !== null && newestMs > now() + dayMs)
      return 'There is an artifact from more than a day in the future: nothing is removed until the clock has reached it.';
    if (this.#startLeap !== null && elapsed - this.#startedMs < hourMs)
      return 'The server was off for more than a day, or its clock was set meanwhile: nothing is removed for an hour.';
    return null;
  }
}
