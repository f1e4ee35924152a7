import { MemoirError } from '../../domain/memoir-error.ts';
import type { HypervisorListener, HypervisorStatus } from '../hypervisor.ts';
import type { Machine, MachineChange } from '../machine.ts';
import type { DemoWorld } from './demo-world.ts';

const uri = 'demo:///';
const version = '1.0 (simulated)';

/** Compares the world with what was told of it last, and tells the differences: none is lost while nobody answers. */
export class DemoWatch {
  readonly #world: DemoWorld;
  readonly #now: () => number;
  readonly #listeners = new Set<HypervisorListener>();
  #told: Map<string, Machine>;
  #status: HypervisorStatus;

  constructor(world: DemoWorld, now: () => number) {
    this.#world = world;
    this.#now = now;
    this.#told = this.#shown();
    this.#status = { state: 'UP', uri, version, sinceMs: now(), reason: null, mend: null };
  }

  get status(): HypervisorStatus {
    return this.#status;
  }

  checkUp(): void {
    if (this.#status.state !== 'UP')
      throw new MemoirError('HYPERVISOR_UNAVAILABLE', 'the demo hypervisor does not respond');
  }

  add(listener: HypervisorListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  publish(): void {
    if (this.#status.state !== 'UP') return;
    const before = this.#told;
    const after = this.#shown();
    this.#told = after;
    const changes: MachineChange[] = [];
    for (const [id, { name }] of before) if (!after.has(id)) changes.push({ type: 'GONE', id, name });
    for (const [id, machine] of after) {
      if (JSON.stringify(before.get(id)) !== JSON.stringify(machine)) changes.push({ type: 'CHANGED', machine });
    }
    for (const change of changes) this.#tell((listener) => listener.machine?.(change));
  }

  goDown(): void {
    this.#become({
      state: 'DOWN',
      uri,
      version: null,
      sinceMs: this.#now(),
      reason: 'The demo hypervisor was switched off.',
      mend: 'Switch it on again.',
    });
  }

  comeUp(): void {
    this.#become({ state: 'UP', uri, version, sinceMs: this.#now(), reason: null, mend: null });
    this.publish();
  }

  close(): void {
    this.#listeners.clear();
    this.goDown();
  }

  #become(status: HypervisorStatus): void {
    if (this.#status.state === status.state) return;
    this.#status = status;
    this.#tell((listener) => listener.status?.(status));
  }

  #shown(): Map<string, Machine> {
    return new Map(this.#world.machines.map(({ shown }) => [shown.id, shown]));
  }

  /** Listeners do not throw (see the contract); one that does costs the others nothing. */
  #tell(call: (listener: HypervisorListener) => void): void {
    for (const listener of [...this.#listeners]) {
      try {
        call(listener);
      } catch {
        // Nobody here could do anything about it.
      }
    }
  }
}
