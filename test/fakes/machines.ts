import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { CaptureOptions } from '../../src/machines/capture.ts';
import type { Hypervisor, HypervisorListener, HypervisorStatus } from '../../src/machines/hypervisor.ts';
import type { Machine, MachineChange, MachineMeasurement } from '../../src/machines/machine.ts';

export const machineId = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

export function machine(number: number, more: Partial<Machine> = {}): Machine {
  return {
    id: machineId(number),
    name: `vm-${number}`,
    vmid: String(number),
    state: 'RUNNING',
    stateReason: null,
    title: null,
    memoryBytes: 1024 * 1024,
    vcpus: 2,
    ...more,
  };
}

/** A reading of it: everything that is counted stands at `counted`. */
export function measurement(
  number: number,
  counted: number,
  more: Partial<MachineMeasurement> = {},
): MachineMeasurement {
  return {
    machineId: machineId(number),
    name: `vm-${number}`,
    vmid: String(number),
    state: 'RUNNING',
    atMs: Date.now(),
    cpuTimeNs: counted,
    vcpus: 2,
    memoryBytes: 1024 * 1024,
    memoryUsedBytes: 512 * 1024,
    memoryRssBytes: null,
    blockReadBytes: counted,
    blockWriteBytes: counted,
    networkReceiveBytes: counted,
    networkTransmitBytes: counted,
    ...more,
  };
}

/** A hypervisor whose machines and state the test decides; it counts who asks. */
export class FakeHypervisor implements Hypervisor {
  readonly kind = 'demo';
  readonly host = 'here';
  readonly listeners = new Set<HypervisorListener>();
  readonly calls: string[] = [];
  machines: Machine[];
  down = false;
  /** What the next reading says. */
  measurements: MachineMeasurement[] = [];

  constructor(machines: Machine[]) {
    this.machines = machines;
  }

  status(): HypervisorStatus {
    const reason = this.down ? { reason: 'the socket is gone', mend: 'start it' } : { reason: null, mend: null };
    return { state: this.down ? 'DOWN' : 'UP', uri: 'demo:///', version: '1', sinceMs: 0, ...reason };
  }

  async list(): Promise<Machine[]> {
    this.#answer('list');
    return [...this.machines];
  }

  async find(nameOrId: string): Promise<Machine | null> {
    this.#answer('find');
    return this.machines.find((one) => one.id === nameOrId || one.name === nameOrId) ?? null;
  }

  watch(listener: HypervisorListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(change: MachineChange): void {
    for (const listener of this.listeners) listener.machine?.(change);
  }

  tellStatus(): void {
    for (const listener of this.listeners) listener.status?.(this.status());
  }

  #answer(call: string): void {
    this.calls.push(call);
    if (this.down) throw new MemoirError('HYPERVISOR_UNAVAILABLE', 'the hypervisor does not respond');
  }

  async measure(): Promise<MachineMeasurement[]> {
    this.#answer('measure');
    return this.measurements;
  }

  recover = async () => ({ repaired: [], pending: [] });
  close = async () => {};
  async captureOptions(asked: Machine): Promise<CaptureOptions> {
    this.#answer('captureOptions');
    const { memoryBytes } = asked;
    const methods = [
      { method: 'SNAPSHOT', possible: true, expectedPauseMs: 2 },
      { method: 'CORE_DUMP', possible: false, expectedPauseMs: null },
    ] as const;
    const blockers = [{ method: 'CORE_DUMP', code: 'METHOD_UNAVAILABLE', reason: 'not here' }] as const;
    return { machine: asked, methods, blockers, automatic: 'SNAPSHOT', automaticReason: 'it is fast', memoryBytes };
  }

  plan = () => Promise.reject(new Error('not asked for in these tests'));
  capture = () => Promise.reject(new Error('not asked for in these tests'));
}
