import type { CaptureBlocker, CaptureMethod, CaptureOptions, MethodForecast } from '../capture.ts';
import { machineStates } from '../machine.ts';
import { imageBytes } from './demo-machine.ts';
import type { DemoMachine } from './demo-world.ts';

/** As on a QEMU that is recent enough for snapshots: what stands in the way is the machine's state alone. */
function blockersOf(machine: DemoMachine): CaptureBlocker[] {
  const { state, name } = machine.shown;
  if (!machineStates[state].hasMemory) {
    const reason = `${JSON.stringify(name)} is ${machineStates[state].label.toLowerCase()}: start it first.`;
    return [
      { method: 'SNAPSHOT', code: 'NOT_RUNNING', reason },
      { method: 'CORE_DUMP', code: 'NOT_RUNNING', reason },
    ];
  }
  if (state === 'RUNNING') return [];
  return [
    {
      method: 'SNAPSHOT',
      code: 'METHOD_UNAVAILABLE',
      reason: 'A snapshot could resume a paused machine; a core dump does not.',
    },
  ];
}

export function forecast(machine: DemoMachine, bytesPerSec: number | null): CaptureOptions {
  const { shown } = machine;
  const blockers = blockersOf(machine);
  const memoryBytes = imageBytes(shown.memoryBytes);
  const pauses: Record<CaptureMethod, number | null> = {
    SNAPSHOT: 4,
    CORE_DUMP:
      shown.state !== 'RUNNING' ? 0 : bytesPerSec === null ? null : Math.round((memoryBytes / bytesPerSec) * 1000),
  };
  const methods = (['SNAPSHOT', 'CORE_DUMP'] as const).map((method): MethodForecast => {
    const possible = blockers.every((blocker) => blocker.method !== method);
    return { method, possible, expectedPauseMs: possible ? pauses[method] : null };
  });
  const automatic = methods.find(({ possible }) => possible)?.method ?? null;
  const reasons = {
    SNAPSHOT: 'the machine is running, and a snapshot pauses it only for milliseconds',
    CORE_DUMP: 'the machine is paused, and a core dump keeps it paused',
    none: 'there is no memory to capture',
  };
  return { machine: shown, methods, blockers, automatic, automaticReason: reasons[automatic ?? 'none'], memoryBytes };
}
