/** A half-open stretch of time whose ends fall on whole slices of that length; null where no slice is short enough. */
export interface Stretch {
  readonly sliceUs: number | null;
  readonly fromUs: number;
  readonly untilUs: number;
}

/**
 * Lays slices over [fromUs, untilUs): as many of the longest as fit, then at both ends the next shorter ones, and single
 * records where even the shortest is too long. `slices` are descending lengths, each a multiple of the next. Ascending in time.
 */
export function cover(fromUs: number, untilUs: number, slices: readonly number[]): Stretch[] {
  if (fromUs >= untilUs) return [];
  const [slice, ...shorter] = slices;
  if (slice === undefined) return [{ sliceUs: null, fromUs, untilUs }];
  const first = Math.ceil(fromUs / slice) * slice;
  const last = Math.floor(untilUs / slice) * slice;
  if (first >= last) return cover(fromUs, untilUs, shorter);
  return [
    ...cover(fromUs, first, shorter),
    { sliceUs: slice, fromUs: first, untilUs: last },
    ...cover(last, untilUs, shorter),
  ];
}
