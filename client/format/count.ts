const counts = new Intl.NumberFormat('en');

/** `12,345`: grouped the same way for everybody, as the other figures are. */
export function formatCount(count: number | null | undefined): string {
  return count === null || count === undefined ? '–' : counts.format(count);
}
