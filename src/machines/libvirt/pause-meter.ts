import { Wake } from '../../async/wake.ts';
import type { DomainRef } from '../../libvirt/protocol/handles.ts';
import type { ReconnectingConnection } from '../../libvirt/reconnecting-connection.ts';
import type { Subscription } from '../../libvirt/subscriptions.ts';

/**
 * How long a guest did not execute, by QEMU's own events and clock: STOP and RESUME carry microseconds. The guest's clock
 * stands still meanwhile, and ours would add the way through libvirt.
 */
export class PauseMeter {
  /** Knocked at every event of the guest's QEMU, MIGRATION among them. */
  readonly wake = new Wake();
  #stoppedAtUs: number | null = null;
  #firstStopUs: number | null = null;
  #pausedUs = 0;
  #subscription: Subscription | undefined;

  /** Starts listening; a hypervisor that has no such events is measured by nobody. */
  async start(link: ReconnectingConnection, domain: DomainRef): Promise<void> {
    try {
      this.#subscription = await link.subscribe('qemuMonitor', (event) => this.#take(event), { domain });
    } catch {
      this.#subscription = undefined;
    }
  }

  /** Milliseconds; null if no whole pause was seen. */
  get pauseMs(): number | null {
    return this.#firstStopUs === null || this.#stoppedAtUs !== null ? null : this.#pausedUs / 1000;
  }

  /** Epoch milliseconds of the first stop: the moment that a snapshot shows. */
  get stoppedAtMs(): number | null {
    return this.#firstStopUs === null ? null : this.#firstStopUs / 1000;
  }

  /** What was attempted so far led to nothing: its pause counts, and the moment of the next stop is the image's. */
  again(): void {
    this.#firstStopUs = null;
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
  }

  #take({ event, seconds, microseconds }: { event: string; seconds: bigint; microseconds: number }): void {
    const atUs = Number(seconds) * 1e6 + microseconds;
    if (event === 'STOP') {
      this.#stoppedAtUs = atUs;
      this.#firstStopUs ??= atUs;
    } else if (event === 'RESUME' && this.#stoppedAtUs !== null) {
      this.#pausedUs += atUs - this.#stoppedAtUs;
      this.#stoppedAtUs = null;
    }
    this.wake.knock();
  }
}
