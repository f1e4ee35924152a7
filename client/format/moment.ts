export type Zone = 'LOCAL' | 'UTC';

const two = (value: number): string => String(value).padStart(2, '0');

function parts(moment: Date, zone: Zone): readonly number[] {
  const shifted = zone === 'UTC' ? moment : new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return [
    shifted.getUTCFullYear(),
    shifted.getUTCMonth() + 1,
    shifted.getUTCDate(),
    shifted.getUTCHours(),
    shifted.getUTCMinutes(),
    shifted.getUTCSeconds(),
  ];
}

/** `2026-11-21 01:25:17`: sorts as text and means the same in every country; UTC is said, local time is not. */
export function formatMoment(moment: string | number, zone: Zone): string {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return '–';
  const [year, month, day, ...time] = parts(date, zone);
  return `${year}-${two(month!)}-${two(day!)} ${time.map(two).join(':')}${zone === 'UTC' ? ' UTC' : ''}`;
}

export function formatClock(moment: string | number, zone: Zone): string {
  return formatMoment(moment, zone).slice(11, 19);
}

/** `2026-11-21`, the day in that zone. */
export function formatDay(moment: string | number, zone: Zone): string {
  return formatMoment(moment, zone).slice(0, 10);
}

/** The first moment of a day (`2026-11-21`) in that zone, or of the day after it; null for what is not a day. */
export function startOfDay(day: string, zone: Zone, daysLater = 0): string | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!match) return null;
  const [year, month, date] = match.slice(1).map(Number) as [number, number, number];
  const moment =
    zone === 'UTC'
      ? new Date(Date.UTC(year, month - 1, date + daysLater))
      : new Date(year, month - 1, date + daysLater);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}

/** `3 min ago`; what lies ahead by clocks that disagree is `just now` as well. */
export function formatAge(moment: string | number, now: number): string {
  const seconds = Math.floor((now - new Date(moment).getTime()) / 1000);
  if (Number.isNaN(seconds)) return '–';
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
