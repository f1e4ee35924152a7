/** The five steps of a guest's pause: what a person does not notice, what connections do not, and so on. */
export const pauseSteps = [
  { belowMs: 10, label: 'not noticeable' },
  { belowMs: 100, label: 'barely noticeable' },
  { belowMs: 1000, label: 'short' },
  { belowMs: 10_000, label: 'seconds' },
  { belowMs: Number.POSITIVE_INFINITY, label: 'long' },
] as const;

/** From this on a machine is not stopped by one press: the plan asks first. */
export const confirmFromMs = 100;

/** 0 to 4; null where nothing is known. */
export function pauseStep(pauseMs: number | null | undefined): number | null {
  if (pauseMs === null || pauseMs === undefined || Number.isNaN(pauseMs)) return null;
  return pauseSteps.findIndex(({ belowMs }) => pauseMs < belowMs);
}

export function needsConfirmation(pauseMs: number | null | undefined): boolean {
  return pauseMs === null || pauseMs === undefined || pauseMs >= confirmFromMs;
}
