import type { MethodChoice } from '../machines/capture.ts';

/** What AUTO may cost where neither caller nor operator says otherwise. */
export const defaultMaxPauseMs = 30_000;

/**
 * The longest pause that a dump may be expected to bring, in milliseconds; null for any. MAX_PAUSE is the operator's bound for
 * AUTO, below which a caller may go; a method that is chosen by name passes, unless its caller sets a limit as well.
 */
export function pauseLimit(
  choice: MethodChoice,
  wantedMs: number | undefined,
  configuredMs: number | null,
): number | null {
  if (choice !== 'AUTO') return wantedMs ?? null;
  if (wantedMs === undefined) return configuredMs ?? defaultMaxPauseMs;
  return Math.min(wantedMs, configuredMs ?? Number.POSITIVE_INFINITY);
}
