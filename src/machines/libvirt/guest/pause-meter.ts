import { Wake } from '../../../async/wake.ts';
import type { DomainRef } from '../../../libvirt/protocol/handles.ts';
import type { ReconnectingConnection } from '../../../libvirt/reconnecting-connection.ts';
import type { Subscription } from '../../../libvirt/subscriptions.ts';

export interface Clocks {
  /** Epoch milliseconds: steps when someone sets it. */
  wall(): number;
  /** Milliseconds that only ever go on. */
  steady(): number;
}

export interface MonitorEvent {
  readonly event: string;
  readonly seconds: bigint;
  readonly microseconds: number;
  readonly details: string | null;
}

/** One event: when QEMU says that it was, and when it arrived by both clocks of ours. */
interface Mark {
  readonly qemuMs: number;
  readonly wallMs: number;
  readonly steadyMs: number;
}

/** Less than this is slewing and rounding, not a step of the clock. */
const stepMs = 20;
/** How late an event may arrive: our own event loop may be busy. */
const lateMs = 5_000;

/**
 * How long a guest did not execute because of one capture, by QEMU's own events and clock: STOP and RESUME carry
 * microseconds. The guest's clock stands still meanwhile, and ours would add the way through libvirt.
 *
 * One pause is counted for each `begin`, which is called when the command that pauses is about to be sent: a person who
 * suspends and resumes the guest before or later makes pairs of events too, and they are not ours.
 */
export class PauseMeter {
  /** Knocked at every event of the guest's QEMU, MIGRATION among them. */
  readonly wake = new Wake();
  readonly #clocks: Clocks;
  #expecting = false;
  #stop: Mark | undefined;
  #stoppedAtMs: number | null = null;
  #pausedMs = 0;
  #pauses = 0;
  #completed = false;
  #last = '';
  #subscription: Subscription | undefined;

  constructor(clocks: Clocks = { wall: Date.now, steady: () => performance.now() }) {
    this.#clocks = clocks;
  }

  /** Starts listening; a hypervisor that has no such events is measured by nobody. */
  async start(link: ReconnectingConnection, domain: DomainRef): Promise<void> {
    try {
      this.#subscription = await link.subscribe('qemuMonitor', (event) => this.take(event), { domain });
    } catch {
      this.#subscription = undefined;
    }
  }

  /**
   * The next stop is ours. Called again, what was attempted so far led to nothing: its pause counts, and the moment of the
   * next stop is the image's.
   */
  begin(): void {
    this.#expecting = true;
    this.#completed = false;
    this.#stoppedAtMs = null;
  }

  /** Milliseconds; null if no whole pause was seen. */
  get pauseMs(): number | null {
    return this.#pauses === 0 || this.#stop !== undefined ? null : this.#pausedMs;
  }

  /** Epoch milliseconds of the stop: the moment that a snapshot shows. */
  get stoppedAtMs(): number | null {
    return this.#stoppedAtMs;
  }

  /** Whether QEMU said since `begin` that a migration completed; what its state says later may be of the next one. */
  get completed(): boolean {
    return this.#completed;
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
  }

  take({ event, seconds, microseconds, details }: MonitorEvent): void {
    // While one connection takes over from another, both may tell.
    const key = `${event} ${seconds} ${microseconds} ${details}`;
    if (key === this.#last) return;
    this.#last = key;
    const qemuMs = Number(seconds) * 1_000 + microseconds / 1_000;
    const mark = { qemuMs, wallMs: this.#clocks.wall(), steadyMs: this.#clocks.steady() };
    if (event === 'STOP' && this.#expecting) {
      this.#expecting = false;
      this.#stop = mark;
      this.#stoppedAtMs = qemuMs;
    } else if (event === 'RESUME' && this.#stop !== undefined) {
      this.#pausedMs += between(this.#stop, mark);
      this.#pauses += 1;
      this.#stop = undefined;
    } else if (event === 'MIGRATION' && /"status":\s*"completed"/.test(details ?? '')) this.#completed = true;
    this.wake.knock();
  }
}

/**
 * QEMU stamps events with the wall clock of its host. What that was set by meanwhile shows in ours, if the host is the same,
 * and is taken out; where the rest makes no sense (another host's clock was set), the arrivals are all that there is.
 */
function between(stop: Mark, resume: Mark): number {
  const arrivalMs = resume.steadyMs - stop.steadyMs;
  const setByMs = resume.wallMs - stop.wallMs - arrivalMs;
  const byQemuMs = resume.qemuMs - stop.qemuMs - (Math.abs(setByMs) < stepMs ? 0 : setByMs);
  return byQemuMs >= 0 && byQemuMs <= arrivalMs + lateMs ? byQemuMs : Math.max(0, arrivalMs);
}
