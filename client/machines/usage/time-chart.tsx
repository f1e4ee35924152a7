import { useId, useRef, useState } from 'react';
import { formatClock, formatMoment } from '../../format/moment.ts';
import { usePage } from '../../state/page.ts';
import { useStore } from '../../state/store.ts';
import styles from '../../ui/plot/plot.module.css';
import { usePlot } from '../../ui/plot/use-plot.ts';
import type { SeriesPoint } from './series.ts';
import { timeOptions } from './time-options.ts';
import lines from './usage.module.css';

export interface Line {
  readonly name: string;
  readonly value: (point: SeriesPoint) => number | null;
}

interface Props {
  readonly title: string;
  readonly points: readonly SeriesPoint[];
  /** One or two: the first is filled, the second dashed. */
  readonly lines: readonly Line[];
  readonly format: (value: number | null) => string;
  readonly binary?: boolean;
  /** Epoch seconds at both ends. */
  readonly from: number;
  readonly until: number;
  /** When the machine was dumped, in epoch seconds: a line in the chart. */
  readonly marks: readonly number[];
  /** The scale reaches at least up to this. */
  readonly least: number;
}

/** One or two figures over time. What they are now, or where the pointer is, is said above; all charts point together. */
export function TimeChart({ title, points, lines: drawn, format, binary = false, from, until, marks, least }: Props) {
  const id = useId();
  const zone = useStore(usePage().preferences.zone);
  const [pointed, setPointed] = useState<number | null>(null);
  const scale = useRef({ from, until, least, marks });
  scale.current = { from, until, least, marks };
  const host = usePlot(
    (element) =>
      timeOptions(element, {
        lines: drawn.length,
        binary,
        format,
        zone,
        point: setPointed,
        scale: () => scale.current,
        marks: () => scale.current.marks,
      }),
    [points.map(({ at }) => at), ...drawn.map(({ value }) => points.map(value))],
    JSON.stringify([drawn.length, binary, zone, marks]),
  );

  const at = points[pointed ?? points.length - 1];
  const isLong = until - from > 86_400;
  const moment = (point: SeriesPoint) =>
    isLong ? formatMoment(point.at * 1000, zone).slice(5, 16) : formatClock(point.at * 1000, zone);
  return (
    <figure className={styles.figure} aria-labelledby={id}>
      <figcaption id={id}>
        <span className={styles.title}>{title}</span>
        <span className={styles.pointed} aria-hidden="true">
          {at && pointed !== null && moment(at)}
        </span>
        <span className={lines.figures} aria-hidden="true">
          {drawn.map(({ name, value }, index) => (
            <span key={name} className={lines.key} data-line={index}>
              {name} <span className={lines.figure}>{at ? format(value(at)) : '–'}</span>
            </span>
          ))}
        </span>
        <span className="unseen">
          {drawn.map(({ name, value }) => `, ${name}: ${summary(points.map(value), format)}`).join('')}. The table view
          has the numbers.
        </span>
      </figcaption>
      <div ref={host} className={styles.plot} aria-hidden="true" />
    </figure>
  );
}

function summary(all: readonly (number | null)[], format: Props['format']): string {
  const known = all.filter((each) => each !== null);
  if (known.length === 0) return 'nothing known';
  return `${format(known.at(-1) ?? null)}, before that ${format(Math.min(...known))} to ${format(Math.max(...known))}`;
}
