import { formatBytes } from '../../format/bytes.ts';
import { formatMs, formatSeconds } from '../../format/duration.ts';
import { formatDay } from '../../format/moment.ts';
import styles from '../../ui/plot/plot.module.css';
import type { ChartDay } from './days.ts';

/** The numbers of the charts, for those who prefer to read them. Days without a dump are left out. */
export function DayTable({ days }: { readonly days: readonly ChartDay[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse must be able to scroll it
    <section className={styles.scroll} tabIndex={0} aria-label="History as a table">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">Dumps</th>
            <th scope="col">Bytes written</th>
            <th scope="col">Average guest pause</th>
            <th scope="col">Average duration</th>
          </tr>
        </thead>
        <tbody>
          {days
            .filter(({ dumps }) => dumps > 0)
            .reverse()
            .map((day) => (
              <tr key={day.at}>
                <th scope="row">{formatDay(day.at * 1000, 'UTC')}</th>
                <td>{day.dumps}</td>
                <td>{formatBytes(day.sizeBytes)}</td>
                <td>{formatMs(day.pauseMs)}</td>
                <td>{formatSeconds(day.durationSec)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}
