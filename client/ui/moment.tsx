import { formatAge, formatMoment } from '../format/moment.ts';
import { useClock } from '../state/clock.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';

/** A point in time in the zone that the person chose, exact in the other when pointed at. */
export function Moment({ at }: { readonly at: string }) {
  const zone = useStore(usePage().preferences.zone);
  return (
    <time dateTime={at} title={zone === 'UTC' ? `${formatMoment(at, 'LOCAL')} local time` : formatMoment(at, 'UTC')}>
      {formatMoment(at, zone)}
    </time>
  );
}

/** How long ago; exact when pointed at. */
export function Age({ at }: { readonly at: string }) {
  const zone = useStore(usePage().preferences.zone);
  const age = useClock((now) => formatAge(at, now));
  return (
    <time dateTime={at} title={formatMoment(at, zone)}>
      {age}
    </time>
  );
}
