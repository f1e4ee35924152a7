import { untilAborted } from '../../async/until-aborted.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { CaptureOutcome, CapturePlan, CaptureReader } from '../capture.ts';
import { chance } from './chance.ts';
import type { DemoMachine } from './demo-world.ts';
import { demoSource } from './memory-source.ts';

/** How often the simulated hypervisor says that it moves. */
const reportMs = 50;

export interface DemoCaptureParts {
  readonly machine: DemoMachine;
  readonly plan: CapturePlan;
  readonly reader: CaptureReader;
  /** Aborted with the reason, whoever has one: the caller, the machine that went away, the hypervisor that did. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** The machine has changed: tell those who watch. */
  readonly changed: () => void;
  /** The machine ended in the middle of it. */
  readonly died: () => void;
}

/** One capture as a hypervisor would carry it out; when it settles, the machine is as people have it. */
export async function runCapture(parts: DemoCaptureParts): Promise<CaptureOutcome> {
  const { machine, plan, reader, signal, now, changed } = parts;
  const { behaviour } = demoSource.optionsOf(plan);
  reader.drained.catch(() => undefined);
  const stopReports = startReports(plan, reader);
  const holds = plan.method === 'CORE_DUMP' && machine.state === 'RUNNING';
  try {
    signal.throwIfAborted();
    await untilAborted(reader.open(), signal);
    const capturedAtMs = now();
    const started = performance.now();
    if (holds) {
      machine.hold(true);
      changed();
    }
    try {
      await untilAborted(reader.drained, signal);
    } catch (error) {
      if (behaviour?.type !== 'GUEST_GONE' || signal.aborted) throw error;
      parts.died();
      throw new MemoirError('GUEST_GONE', 'the machine stopped during the capture', { cause: error });
    }
    if (behaviour?.type === 'CONTROL_FAILS') {
      throw new MemoirError(behaviour.code, 'the demo hypervisor was told to fail at the end');
    }
    const held = holds ? performance.now() - started : 0;
    return { guestPauseMs: plan.method === 'SNAPSHOT' ? snapshotPauseMs(machine) : held, capturedAtMs };
  } catch (error) {
    reader.abandon();
    throw error;
  } finally {
    stopReports();
    if (holds && machine.isHeld) {
      machine.hold(false);
      changed();
    }
  }
}

/** Between one and six milliseconds, as measured on a real one. */
function snapshotPauseMs(machine: DemoMachine): number {
  return 1 + (chance(machine.seed, machine.epoch, 5) % 5000) / 1000;
}

/** The hypervisor's own account of its movement; it knows only the speed that it was given. */
function startReports(plan: CapturePlan, reader: CaptureReader): () => void {
  const { behaviour, bytesPerSec } = demoSource.optionsOf(plan);
  const speed = behaviour?.type === 'SLOW' ? behaviour.bytesPerSec : bytesPerSec;
  if (speed === null) return () => undefined;
  const started = performance.now();
  const endBytes = behaviour !== null && 'atByte' in behaviour ? behaviour.atByte : plan.memoryBytes;
  const timer = setInterval(() => {
    if (((performance.now() - started) / 1000) * speed < endBytes) reader.moved();
  }, reportMs);
  return () => clearInterval(timer);
}
