import type { LinkState } from '../../../libvirt/link-state.ts';
import type { HypervisorListener, HypervisorStatus } from '../../hypervisor.ts';
import type { MachineChange } from '../../machine.ts';
import { withoutSecrets } from './address.ts';

/** Turns what the connection does into the state that people see. A failed attempt among others changes nothing of it. */
export class LinkStatus {
  readonly #now: () => number;
  readonly #tell: (status: HypervisorStatus) => void;
  #current: HypervisorStatus;
  #unanswered = 0;

  constructor(uri: string, now: () => number, tell: (status: HypervisorStatus) => void) {
    this.#now = now;
    this.#tell = tell;
    this.#current = {
      state: 'CONNECTING',
      uri: withoutSecrets(uri),
      version: null,
      sinceMs: now(),
      reason: null,
      mend: null,
    };
  }

  get current(): HypervisorStatus {
    return this.#current;
  }

  /** It is connected, and has said what it is. */
  up(version: string): void {
    this.#answers({ ...this.#current, version });
  }

  /** So many calls have been given up and not been answered since. */
  unanswered(count: number): void {
    this.#unanswered = count;
    if (this.#current.state === 'UP' || this.#current.state === 'DEGRADED') this.#answers(this.#current);
  }

  #answers(known: HypervisorStatus): void {
    const lost = this.#unanswered;
    if (lost === 0) {
      this.#become({ ...known, state: 'UP', reason: null, mend: null });
      return;
    }
    const reason = `libvirt has left ${lost} ${lost === 1 ? 'call' : 'calls'} unanswered beyond ${lost === 1 ? 'its' : 'their'} time limit: a guest’s QEMU hangs, or libvirt does.`;
    const mend =
      'Memoir goes on with the other machines. Look for a guest that does not execute (virsh domstats hangs at it).';
    this.#become({ ...known, state: 'DEGRADED', reason, mend });
  }

  /** A change of the connection; `up` is told separately, when the hypervisor has answered. */
  take(state: LinkState): void {
    if (state.kind === 'down') {
      const mend = state.mend ?? 'Memoir reconnects automatically.';
      this.#become({ ...this.#current, state: 'DOWN', reason: state.reason.message, mend });
    } else if (state.kind === 'closed') {
      this.#become({ ...this.#current, state: 'DOWN', reason: 'the connection was closed', mend: 'Start the server.' });
    }
    // Connecting again after a failure is still being down, for whoever waits for it.
  }

  #become(next: HypervisorStatus): void {
    const before = this.#current;
    if (before.state === next.state && before.reason === next.reason && before.version === next.version) return;
    this.#current = { ...next, sinceMs: before.state === next.state ? before.sinceMs : this.#now() };
    this.#tell(this.#current);
  }
}

/** Those who watch a hypervisor. What a listener throws stays with the listener. */
export class Watchers {
  readonly #watchers = new Set<{ readonly listener: HypervisorListener }>();

  add(listener: HypervisorListener): () => void {
    const watcher = { listener };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  tellChange(change: MachineChange): void {
    this.#tell((listener) => listener.machine?.(change));
  }

  tellStatus(status: HypervisorStatus): void {
    this.#tell((listener) => listener.status?.(status));
  }

  clear(): void {
    this.#watchers.clear();
  }

  #tell(call: (listener: HypervisorListener) => void): void {
    for (const { listener } of [...this.#watchers]) {
      try {
        call(listener);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }
}
