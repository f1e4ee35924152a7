import { randomBytes } from 'node:crypto';
import type { Actor } from './actor.ts';

/** How long a ticket opens its door; a download that has begun goes on. */
const lifeMs = 10 * 60_000;
const maxTickets = 1_000;

interface Ticket {
  readonly actor: Actor;
  readonly target: string;
  readonly untilMs: number;
}

/**
 * Short-lived secrets for one thing each, for browsers: they cannot send a token when they follow a link, and a token must
 * never be part of an address. They end with the process, with their time, and with the token of whoever asked for them.
 */
export class Tickets {
  readonly #tickets = new Map<string, Ticket>();
  readonly #now: () => number;
  readonly #elapsedMs: () => number;

  /** `elapsedMs` decides: it is of a clock that nobody can set back, which would make a ticket last. `now` is what is shown. */
  constructor(now: () => number, elapsedMs: () => number) {
    this.#now = now;
    this.#elapsedMs = elapsedMs;
  }

  issue(actor: Actor, target: string): { readonly ticket: string; readonly expiresAtMs: number } {
    const ticket = randomBytes(32).toString('base64url');
    const untilMs = this.#elapsedMs() + lifeMs;
    this.#tickets.set(ticket, { actor, target, untilMs });
    for (const [oldest, { untilMs: end }] of this.#tickets) {
      if (this.#tickets.size <= maxTickets && end > this.#elapsedMs()) break;
      this.#tickets.delete(oldest);
    }
    return { ticket, expiresAtMs: this.#now() + lifeMs };
  }

  /** Who asked for the ticket, if it is for this target and its time has not come. */
  redeem(ticket: string, target: string): Actor | null {
    const found = this.#tickets.get(ticket);
    return found !== undefined && found.target === target && found.untilMs > this.#elapsedMs() ? found.actor : null;
  }

  /** Ends all tickets of an actor. */
  drop(actor: string): void {
    for (const [ticket, { actor: holder }] of this.#tickets) if (holder.name === actor) this.#tickets.delete(ticket);
  }
}
