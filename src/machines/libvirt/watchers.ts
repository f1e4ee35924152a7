import type { HypervisorListener, HypervisorStatus } from '../hypervisor.ts';
import type { MachineChange } from '../machine.ts';

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
