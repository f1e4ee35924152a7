import { useId, useState } from 'react';
import { formatDay } from '../../format/moment.ts';
import styles from '../../ui/plot/plot.module.css';
import { usePlot } from '../../ui/plot/use-plot.ts';
import { chartOptions } from './chart-options.ts';
import type { ChartDay } from './days.ts';

interface Props {
  readonly title: string;
  readonly days: readonly ChartDay[];
  readonly value: (day: ChartDay) => number | null;
  readonly format: (value: number | null) => string;
  readonly bars?: boolean;
  /** Steps of 1024 on the scale. */
  readonly binary?: boolean;
  /** Milliseconds and minutes on one scale. */
  readonly logarithmic?: boolean;
}

/** One figure over the days. What the pointer is at is said above it; all four charts point at the same day. */
export function DayChart({ title, days, value, format, bars = false, binary = false, logarithmic = false }: Props) {
  const id = useId();
  const [pointed, setPointed] = useState<number | null>(null);
  const values = days.map(value);
  const host = usePlot(
    (element) => chartOptions(element, { bars, binary, logarithmic, format, point: setPointed }),
    [days.map(({ at }) => at), values],
    JSON.stringify([bars, binary, logarithmic]),
  );

  const day = pointed === null ? undefined : days[pointed];
  const known = values.filter((each) => each !== null);
  const summary =
    known.length === 0 ? 'no data' : `from ${format(Math.min(...known))} to ${format(Math.max(...known))}`;
  return (
    <figure className={styles.figure} aria-labelledby={id}>
      <figcaption id={id}>
        <span className={styles.title}>{title}</span>
        <span className={styles.pointed} aria-hidden="true">
          {day ? `${formatDay(day.at * 1000, 'UTC')}: ${format(value(day))}` : ''}
        </span>
        <span className="unseen">, {summary}. The table view has the numbers.</span>
      </figcaption>
      <div ref={host} className={styles.plot} aria-hidden="true" />
    </figure>
  );
}
