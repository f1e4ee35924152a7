import type { Hypervisor } from '../../src/machines/hypervisor.ts';

/** A hypervisor with machines to try it on. Names; what a person would do to them goes past the hypervisor's contract. */
export interface HypervisorBench {
  readonly hypervisor: Hypervisor;
  readonly running: string;
  readonly paused: string;
  readonly off: string;
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  dispose(): Promise<void>;
}
