import { atMost } from '../async/at-most.ts';
import type { ErrorCode } from '../domain/error-catalogue.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import type { CaptureLimits, MethodChoice } from '../machines/capture.ts';
import type { Hypervisor } from '../machines/hypervisor.ts';
import type { Machine } from '../machines/machine.ts';

/** How long a trigger waits for what can be known now: a guest that does not respond is judged when its turn comes. */
const patienceMs = 3_000;
/** Machines that are asked at a time. */
const atOnce = 8;

/** What will not have gone away by itself a moment later; any other failure is left to the run. */
const lasting: ReadonlySet<ErrorCode> = new Set([
  'NOT_RUNNING',
  'METHOD_UNAVAILABLE',
  'MACHINE_BUSY',
  'PAUSE_TOO_LONG',
  'GUEST_FROZEN',
]);

/**
 * Why machines cannot be captured as wanted, by id, as far as the hypervisor says so at once: their dumps would fail in their
 * first step. Plans, and carries out nothing.
 */
export async function earlyRefusals(
  hypervisor: Hypervisor,
  machines: readonly Machine[],
  choice: MethodChoice,
  limits: CaptureLimits,
): Promise<ReadonlyMap<string, MemoirError>> {
  const refusals = new Map<string, MemoirError>();
  const waiting = [...machines];
  const late = new AbortController();
  const ask = async (): Promise<void> => {
    for (let machine = waiting.shift(); machine !== undefined && !late.signal.aborted; machine = waiting.shift())
      try {
        await hypervisor.plan(machine, choice, limits);
      } catch (error) {
        if (!late.signal.aborted && error instanceof MemoirError && lasting.has(error.code))
          refusals.set(machine.id, error);
      }
  };
  const asked = Promise.all(Array.from({ length: Math.min(atOnce, machines.length) }, ask));
  await atMost(asked, patienceMs);
  late.abort();
  return refusals;
}
