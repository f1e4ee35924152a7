import { formatBytes } from '../format/bytes.ts';
import { Moment } from '../ui/moment.tsx';
import styles from './growth.module.css';
import { growthOf, type Measured } from './growth.ts';

const signed = (bytes: number): string => `${bytes > 0 ? '+' : bytes < 0 ? '−' : ''}${formatBytes(Math.abs(bytes))}`;

/** The memory of one service over its captures: the heap, what is outside of it, and the whole process. */
export function GrowthChart({ captures }: { readonly captures: readonly Measured[] }) {
  const growth = growthOf(captures);
  if (growth === null) return null;
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.legend}>
        {growth.lines.map(({ name, last, perHour }, index) => (
          <span key={name} data-line={index}>
            {name} <strong>{formatBytes(last)}</strong>
            {perHour !== null && <small> {signed(perHour)} per hour</small>}
          </span>
        ))}
      </figcaption>
      <div className={styles.plot}>
        <span className={styles.top}>{formatBytes(growth.topBytes)}</span>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          {growth.lines.map(({ name, points }, index) => (
            <g key={name} data-line={index}>
              <polyline points={points.map(({ x, y }) => `${x},${y}`).join(' ')} />
              {points.map(({ x, y }) => (
                <path key={x} d={`M${x} ${y}h0`} />
              ))}
            </g>
          ))}
        </svg>
      </div>
      <div className={styles.ends}>
        <Moment at={new Date(growth.fromMs).toISOString()} />
        <Moment at={new Date(growth.untilMs).toISOString()} />
      </div>
    </figure>
  );
}
