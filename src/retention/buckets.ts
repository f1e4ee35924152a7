/** The hour, day, week (from Monday, ISO 8601) and month of a moment, by clocks of a time zone. Equal text is the same one. */
export function bucketsOf(
  timeZone: string,
): Readonly<Record<'hour' | 'day' | 'week' | 'month', (ms: number) => string>> {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
  });
  /** `2026-10-25, 02` */
  const text = (ms: number) => format.format(ms);
  const day = (ms: number) => text(ms).slice(0, 10);
  return {
    hour: text,
    day,
    week: (ms) => {
      const dayMs = Date.parse(day(ms));
      const sinceMonday = (new Date(dayMs).getUTCDay() + 6) % 7;
      return new Date(dayMs - sinceMonday * 86_400_000).toISOString().slice(0, 10);
    },
    month: (ms) => text(ms).slice(0, 7),
  };
}
