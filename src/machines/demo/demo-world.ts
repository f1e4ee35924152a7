import { MemoirError } from '../../domain/memoir-error.ts';
import type { Machine, MachineMeasurement, MachineState } from '../machine.ts';
import { chance, seedOf } from './chance.ts';
import { checkSpec, type DemoMachineSpec, executes } from './demo-machine.ts';

/** One simulated machine and what is true of it now. */
export class DemoMachine {
  readonly spec: DemoMachineSpec;
  readonly seed: number;
  #state: MachineState;
  #vmid: string | null;
  /** Stopped for a capture that is under way, or was when a server died. */
  #isHeld = false;
  /** Executing time up to the last change, and since when it executes. */
  #ranMs: number;
  #runsSinceMs: number | null = null;
  /** How often its memory has moved on between captures. */
  #epoch: number;
  readonly #elapsedMs: () => number;

  constructor(spec: DemoMachineSpec, vmid: string | null, epoch: number, elapsedMs: () => number) {
    checkSpec(spec);
    this.spec = spec;
    this.seed = seedOf(spec.id);
    this.#state = spec.state;
    this.#vmid = vmid;
    this.#epoch = epoch;
    this.#elapsedMs = elapsedMs;
    // Days that it is supposed to have been up already.
    this.#ranMs = spec.state === 'SHUT_OFF' ? 0 : ((this.seed % 40) + 2) * 86_400_000;
    this.#count();
  }

  get state(): MachineState {
    return this.#isHeld && this.#state === 'RUNNING' ? 'PAUSED' : this.#state;
  }

  /** What people made of it, whatever a capture does to it meanwhile. */
  get wanted(): MachineState {
    return this.#state;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** As a hypervisor shows it. */
  get shown(): Machine {
    const { id, name, title, memoryBytes, vcpus } = this.spec;
    const stateReason = this.#isHeld && this.#state === 'RUNNING' ? 'dumping' : null;
    return { id, name, title, memoryBytes, vcpus, vmid: this.#vmid, state: this.state, stateReason };
  }

  become(state: DemoMachineSpec['state'], vmid: string | null): void {
    this.#state = state;
    this.#vmid = vmid;
    if (state === 'SHUT_OFF') {
      this.#ranMs = 0;
      this.#runsSinceMs = null;
      this.#isHeld = false;
    }
    this.#count();
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#count();
  }

  /** A paused machine's memory stays as it is: two captures of it are the same to the byte. */
  moveOn(): void {
    if (this.#state === 'RUNNING') this.#epoch += 1;
  }

  measure(atMs: number): MachineMeasurement {
    const ranSec = this.#executedMs() / 1000;
    const { id, name, vcpus, memoryBytes } = this.spec;
    const share = (salt: number): number => (chance(this.seed, salt) % 1000) / 1000;
    // A rate with a wave on it, as an integral: counters of a machine never fall.
    const grown = (perSec: number, salt: number): number => {
      const wave = 0.9 * Math.sin(ranSec / 20 + share(salt) * 6) * 20;
      return Math.round(perSec * (0.2 + share(salt + 1)) * Math.max(0, ranSec + 18 + wave));
    };
    const used = Math.round(memoryBytes * (0.3 + 0.3 * share(11) + 0.05 * Math.sin(ranSec / 30)));
    return {
      machineId: id,
      name,
      vmid: this.#vmid ?? '',
      state: this.state,
      atMs,
      cpuTimeNs: grown(3e8 * vcpus, 1),
      vcpus,
      memoryBytes,
      memoryUsedBytes: used,
      memoryRssBytes: Math.round(memoryBytes * (0.6 + 0.3 * share(12))),
      blockReadBytes: grown(2e5, 3),
      blockWriteBytes: grown(6e5, 5),
      networkReceiveBytes: grown(3e5, 7),
      networkTransmitBytes: grown(9e5, 9),
    };
  }

  #executedMs(): number {
    return this.#ranMs + (this.#runsSinceMs === null ? 0 : this.#elapsedMs() - this.#runsSinceMs);
  }

  #count(): void {
    this.#ranMs = this.#executedMs();
    this.#runsSinceMs = executes(this.state) ? this.#elapsedMs() : null;
  }
}

/** The machines that there are, and the numbers that running instances get. */
export class DemoWorld {
  readonly #machines = new Map<string, DemoMachine>();
  readonly #elapsedMs: () => number;
  readonly #epoch: number;
  #lastVmid = 0;

  constructor(specs: readonly DemoMachineSpec[], epoch: number, elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
    this.#epoch = epoch;
    for (const spec of specs) this.add(spec);
  }

  /** In the order of names, then ids. */
  get machines(): DemoMachine[] {
    // Names are unique here, so the order of ids among equal names never matters.
    return [...this.#machines.values()].sort(({ spec: left }, { spec: right }) => (left.name < right.name ? -1 : 1));
  }

  /** The id first. */
  find(nameOrId: string): DemoMachine | null {
    return this.#machines.get(nameOrId) ?? this.machines.find(({ spec }) => spec.name === nameOrId) ?? null;
  }

  get(nameOrId: string): DemoMachine {
    const machine = this.find(nameOrId);
    if (machine === null) throw new MemoirError('NOT_FOUND', `the demo has no machine ${JSON.stringify(nameOrId)}`);
    return machine;
  }

  add(spec: DemoMachineSpec): void {
    if (this.find(spec.name) !== null || this.find(spec.id) !== null) {
      throw new MemoirError('BAD_INPUT', `the demo has a machine ${JSON.stringify(spec.name)} already`);
    }
    const vmid = spec.state === 'SHUT_OFF' ? null : this.nextVmid();
    this.#machines.set(spec.id, new DemoMachine(spec, vmid, this.#epoch, this.#elapsedMs));
  }

  remove(nameOrId: string): void {
    this.#machines.delete(this.get(nameOrId).spec.id);
  }

  nextVmid(): string {
    this.#lastVmid += 1;
    return String(this.#lastVmid);
  }
}
