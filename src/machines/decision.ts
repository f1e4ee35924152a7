import { MemoirError } from '../domain/memoir-error.ts';
import type { CaptureLimits, CaptureMethod, CaptureOptions, MethodChoice } from './capture.ts';

/**
 * The method that a choice comes to, and why; throws NOT_RUNNING, MACHINE_BUSY or METHOD_UNAVAILABLE with the blockers, or
 * PAUSE_TOO_LONG with the estimate.
 */
export function decideMethod(
  options: CaptureOptions,
  choice: MethodChoice,
  { maxPauseMs = null }: CaptureLimits = {},
): { readonly method: CaptureMethod; readonly reason: string } {
  const { machine, methods, blockers, automatic, automaticReason } = options;
  const method = choice === 'AUTO' ? automatic : choice;
  const inTheWay = blockers.filter((blocker) => method === null || blocker.method === method);
  const [first] = inTheWay;
  if (method === null || first !== undefined) {
    throw new MemoirError(first?.code ?? 'METHOD_UNAVAILABLE', first?.reason ?? automaticReason, {
      details: { machine: machine.id, blockers: inTheWay.map((blocker) => ({ ...blocker })) },
    });
  }
  const reason = choice === 'AUTO' ? automaticReason : 'requested explicitly';
  const expectedPauseMs = methods.find((one) => one.method === method)?.expectedPauseMs ?? null;
  if (maxPauseMs !== null && expectedPauseMs !== null && expectedPauseMs > maxPauseMs)
    throw new MemoirError(
      'PAUSE_TOO_LONG',
      `${method} would pause ${JSON.stringify(machine.name)} for about ${durationText(expectedPauseMs)}, and at most ${durationText(maxPauseMs)} are allowed (${method}: ${reason})`,
      { details: { machine: machine.id, method, expectedPauseMs, maxPauseMs }, hint: hintOf(options, method) },
    );
  return { method, reason };
}

/** What would help: the faster method, named with its own obstacle or risk; or the same one, on purpose. */
function hintOf({ methods }: CaptureOptions, method: CaptureMethod): string {
  const same = `Choose ${method} by name at a time when the machine may stand still, or allow a longer pause (maxPauseMs; MAX_PAUSE of the server).`;
  if (method === 'SNAPSHOT') return same;
  const faster = methods.some((one) => one.method === 'SNAPSHOT' && one.possible)
    ? 'A QEMU of 8.1 or later takes a SNAPSHOT by itself, which pauses for milliseconds; with this one it can be chosen by name.'
    : 'A SNAPSHOT pauses for milliseconds: captureOptions says what it would need.';
  return `${faster} ${same}`;
}

function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
