import { useEffect, useId, useRef, useState } from 'react';
import uPlot from 'uplot';
import type { ChartDay } from '../../lib/days.ts';
import { formatDay } from '../../lib/moment.ts';
import { chartOptions } from './chart-options.ts';
import styles from './history.module.css';

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
  const host = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const values = days.map(value);
  const latest = useRef({ days, format });
  latest.current = { days, format };
  const data: uPlot.AlignedData = [days.map(({ at }) => at), values];
  const key = JSON.stringify(data);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the data
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      const look = { bars, binary, logarithmic, format: latest.current.format, point: setPointed };
      plot = new uPlot(chartOptions(element, look), data, element);
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    // Canvas does not follow the style sheet: drawn again when the colors change.
    const recolored = new MutationObserver(draw);
    recolored.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
    return () => {
      resized.disconnect();
      recolored.disconnect();
      plot?.destroy();
    };
  }, [key, bars, binary, logarithmic]);

  const day = pointed === null ? undefined : days[pointed];
  const known = values.filter((each) => each !== null);
  const summary =
    known.length === 0 ? 'nothing known' : `from ${format(Math.min(...known))} to ${format(Math.max(...known))}`;
  return (
    <figure className={styles.figure} aria-labelledby={id}>
      <figcaption id={id}>
        <span className={styles.title}>{title}</span>
        <span className={styles.pointed} aria-hidden="true">
          {day ? `${formatDay(day.at * 1000, 'UTC')}: ${format(value(day))}` : ''}
        </span>
        <span className="unseen">, {summary}. The form “Table” has the numbers.</span>
      </figcaption>
      <div ref={host} className={styles.plot} aria-hidden="true" />
    </figure>
  );
}
