import type { Hook } from '../hook.ts';
import type { DueDelivery } from '../notification-service.ts';
import { mailOf } from './mail-text.ts';
import type { MailTransport } from './mail-transport.ts';

const hourMs = 3_600_000;
/** Single mails to one hook within an hour; what comes beyond them is one digest at the hour's end. */
const singlesPerHour = 10;
/** Lines of one digest. */
const mostLines = 500;

interface Hour {
  readonly startedAtMs: number;
  sent: number;
}

/** What is to go into the next mail; nothing, and how long to wait, where the hour's mails were sent. */
interface Batch {
  readonly deliveries: readonly DueDelivery[];
  readonly waitMs: number;
}

/** Decides which deliveries make a mail, so that a bad night does not fill a mailbox. What it counts is lost with the process. */
export class MailQueue {
  readonly mostLines = mostLines;
  readonly #transport: MailTransport;
  readonly #host: string;
  readonly #elapsedMs: () => number;
  readonly #hours = new Map<string, Hour>();

  constructor(transport: MailTransport, host: string, elapsedMs: () => number = () => performance.now()) {
    this.#transport = transport;
    this.#host = host;
    this.#elapsedMs = elapsedMs;
  }

  batch(hookId: string, due: readonly DueDelivery[]): Batch {
    if (due.length === 0) return { deliveries: [], waitMs: 0 };
    const nowMs = this.#elapsedMs();
    const hour = this.#hours.get(hookId);
    const ageMs = hour === undefined ? hourMs : nowMs - hour.startedAtMs;
    if (hour === undefined || ageMs >= hourMs) {
      // The first of a new hour: what has gathered goes together.
      this.#hours.set(hookId, { startedAtMs: nowMs, sent: 1 });
      return { deliveries: hour !== undefined && hour.sent >= singlesPerHour ? due : due.slice(0, 1), waitMs: 0 };
    }
    if (hour.sent >= singlesPerHour) return { deliveries: [], waitMs: hourMs - ageMs };
    hour.sent += 1;
    return { deliveries: due.slice(0, 1), waitMs: 0 };
  }

  /** Null when the server has taken it, else why not. Never rejects. */
  async send(
    hook: Hook,
    to: readonly string[],
    deliveries: readonly DueDelivery[],
    signal: AbortSignal,
  ): Promise<string | null> {
    try {
      await this.#transport.send({ to, ...mailOf(hook.definition.name, deliveries, this.#host) }, signal);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
