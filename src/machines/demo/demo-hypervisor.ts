import { MemoirError } from '../../domain/memoir-error.ts';
import type {
  CaptureLimits,
  CaptureOptions,
  CaptureOutcome,
  CapturePlan,
  CaptureReader,
  MethodChoice,
} from '../capture.ts';
import { decideMethod } from '../decision.ts';
import type { Hypervisor, HypervisorListener, HypervisorStatus, MachineRecovery } from '../hypervisor.ts';
import type { Machine, MachineMeasurement } from '../machine.ts';
import { machineStates } from '../machine.ts';
import type { DemoBehaviour } from './demo-behaviour.ts';
import { runCapture } from './demo-capture.ts';
import { forecast } from './demo-forecast.ts';
import { type DemoMachineSpec, demoFleet } from './demo-machine.ts';
import { DemoWatch } from './demo-watch.ts';
import { type DemoMachine, DemoWorld } from './demo-world.ts';
import { type DemoSourceOptions, demoSource } from './memory-source.ts';

/** Slow enough to be watched: 1 GiB takes nine seconds. */
const watchableBytesPerSec = 120_000_000;

export interface DemoHypervisorOptions {
  /** How fast memory comes; null for as fast as it goes. 120 MB/s unless told. */
  readonly speedBytesPerSec?: number | null;
  readonly machines?: readonly DemoMachineSpec[];
  /** What goes wrong with captures from the start, by name of the machine. */
  readonly behaviours?: Readonly<Record<string, DemoBehaviour>>;
  /** How often the machines' memory has moved on already: another number, other contents. 0 unless told. */
  readonly epoch?: number;
  readonly host?: string;
  /** Epoch milliseconds: what is shown as a time. */
  readonly now?: () => number;
  /** Milliseconds that never step back: what counters grow by. */
  readonly elapsedMs?: () => number;
}

/** What a person would do to the machines and their host behind Memoir's back. */
export interface DemoControls {
  pause(name: string): void;
  resume(name: string): void;
  start(name: string): void;
  stop(name: string): void;
  add(spec: DemoMachineSpec): void;
  remove(name: string): void;
  /** The hypervisor stops answering; captures under way fail. */
  goDown(): void;
  comeUp(): void;
  /** What goes wrong with the captures of a machine that are planned from now on; null for nothing. */
  behave(name: string, behaviour: DemoBehaviour | null): void;
  /** Leaves a running machine paused, as a server does that dies in the middle of a core dump. */
  strand(name: string): void;
}

/** A hypervisor whose machines exist in memory only: no guest, no QEMU, but real bytes through the real pipeline. */
export interface DemoHypervisor extends Hypervisor {
  readonly kind: 'demo';
  readonly controls: DemoControls;
}

interface RunningCapture {
  readonly control: AbortController;
  readonly settled: Promise<unknown>;
}

export function createDemoHypervisor(options: DemoHypervisorOptions = {}): DemoHypervisor {
  const { machines = demoFleet, epoch = 0, host = 'demo', now = Date.now } = options;
  const { speedBytesPerSec: bytesPerSec = watchableBytesPerSec, elapsedMs = () => performance.now() } = options;
  const world = new DemoWorld(machines, epoch, elapsedMs);
  const watch = new DemoWatch(world, now);
  const behaviours = new Map<string, DemoBehaviour>();
  for (const [name, behaviour] of Object.entries(options.behaviours ?? {})) {
    behaviours.set(world.get(name).spec.id, behaviour);
  }
  const captures = new Map<DemoMachine, RunningCapture>();

  /** A machine as it is now, whatever the caller saw of it before. */
  function current({ id, name }: Machine): DemoMachine {
    watch.checkUp();
    const machine = world.find(id);
    if (machine === null) throw new MemoirError('NOT_FOUND', `${JSON.stringify(name)} no longer exists`);
    return machine;
  }

  function endCapture(
    machine: DemoMachine,
    code: 'GUEST_GONE' | 'HYPERVISOR_UNAVAILABLE' | 'SHUTTING_DOWN',
    why: string,
  ): void {
    captures.get(machine)?.control.abort(new MemoirError(code, why));
  }

  async function capture(plan: CapturePlan, reader: CaptureReader, signal: AbortSignal): Promise<CaptureOutcome> {
    signal.throwIfAborted();
    watch.checkUp();
    const machine = world.find(plan.machine.id);
    if (machine === null) throw new MemoirError('GUEST_GONE', 'the machine was removed before it could be captured');
    decideMethod(forecast(machine, bytesPerSec), plan.method);
    if (captures.has(machine)) throw new MemoirError('HYPERVISOR_REFUSED', 'the machine is already being captured');
    const control = new AbortController();
    const running = runCapture({
      machine,
      plan,
      reader,
      signal: AbortSignal.any([signal, control.signal]),
      now,
      changed: () => watch.publish(),
      died: () => controls.stop(machine.spec.id),
    });
    captures.set(machine, { control, settled: running.catch(() => undefined) });
    try {
      return await running;
    } finally {
      captures.delete(machine);
      machine.moveOn();
    }
  }

  const controls: DemoControls = {
    pause: (name) => change(name, 'RUNNING', 'PAUSED'),
    resume: (name) => change(name, 'PAUSED', 'RUNNING'),
    start: (name) => change(name, 'SHUT_OFF', 'RUNNING'),
    stop(name) {
      const machine = world.get(name);
      machine.become('SHUT_OFF', null);
      endCapture(machine, 'GUEST_GONE', 'the machine was shut off while it was captured');
      watch.publish();
    },
    add(spec) {
      world.add(spec);
      watch.publish();
    },
    remove(name) {
      endCapture(world.get(name), 'GUEST_GONE', 'the machine was removed while it was captured');
      world.remove(name);
      watch.publish();
    },
    goDown() {
      watch.goDown();
      for (const machine of captures.keys()) {
        endCapture(machine, 'HYPERVISOR_UNAVAILABLE', 'the demo hypervisor went away during the capture');
      }
    },
    comeUp: () => watch.comeUp(),
    behave(name, behaviour) {
      if (behaviour === null) behaviours.delete(world.get(name).spec.id);
      else behaviours.set(world.get(name).spec.id, behaviour);
    },
    strand(name) {
      world.get(name).hold(true);
      watch.publish();
    },
  };

  function change(name: string, from: DemoMachineSpec['state'], to: DemoMachineSpec['state']): void {
    const machine = world.get(name);
    if (machine.wanted !== from)
      throw new MemoirError('BAD_INPUT', `${JSON.stringify(name)} is ${machine.wanted}, not ${from}`);
    machine.become(to, from === 'SHUT_OFF' ? world.nextVmid() : machine.shown.vmid);
    watch.publish();
  }

  return {
    kind: 'demo',
    host,
    controls,
    capture,
    status: (): HypervisorStatus => watch.status,
    async list(): Promise<Machine[]> {
      watch.checkUp();
      return world.machines.map(({ shown }) => shown);
    },
    async find(nameOrId: string): Promise<Machine | null> {
      watch.checkUp();
      return world.find(nameOrId)?.shown ?? null;
    },
    watch: (listener: HypervisorListener) => watch.add(listener),
    async measure(): Promise<MachineMeasurement[]> {
      watch.checkUp();
      return world.machines
        .filter(({ state }) => machineStates[state].hasMemory)
        .map((machine) => machine.measure(now()));
    },
    async captureOptions(machine: Machine): Promise<CaptureOptions> {
      return forecast(current(machine), bytesPerSec);
    },
    async plan(wanted: Machine, choice: MethodChoice, limits?: CaptureLimits): Promise<CapturePlan> {
      const machine = current(wanted);
      const expected = forecast(machine, bytesPerSec);
      const { method, reason } = decideMethod(expected, choice, limits);
      const { memoryBytes, vcpus, handsOverVmcoreinfo } = machine.spec;
      const source: DemoSourceOptions = {
        seed: machine.seed,
        memoryBytes,
        vcpus,
        handsOverVmcoreinfo,
        method,
        epoch: machine.epoch,
        bytesPerSec,
        behaviour: behaviours.get(machine.spec.id) ?? null,
      };
      const { memoryBytes: size } = expected;
      return {
        machine: machine.shown,
        method,
        reason,
        memoryBytes: size,
        source: demoSource.of(source),
      };
    },
    async recover(): Promise<MachineRecovery> {
      if (watch.status.state !== 'UP') return { repaired: [], pending: ['the demo hypervisor does not respond'] };
      const stranded = world.machines.filter((machine) => machine.isHeld && !captures.has(machine));
      for (const machine of stranded) machine.hold(false);
      watch.publish();
      return {
        repaired: stranded.map(
          ({ spec }) => `${JSON.stringify(spec.name)} was left paused by a core dump and has been resumed`,
        ),
        pending: [],
      };
    },
    async close(): Promise<void> {
      for (const machine of captures.keys())
        endCapture(machine, 'SHUTTING_DOWN', 'the hypervisor was closed during the capture');
      watch.close();
      await Promise.all([...captures.values()].map(({ settled }) => settled));
    },
  };
}
