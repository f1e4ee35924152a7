import { formatBytes, formatRate } from '../../format/bytes.ts';
import { formatMoment } from '../../format/moment.ts';
import { usePage } from '../../state/page.ts';
import { useStore } from '../../state/store.ts';
import styles from '../../ui/plot/plot.module.css';
import { formatPercent, type SeriesPoint } from './series.ts';

/** The numbers of the charts, newest first, for those who prefer to read them. */
export function UsageTable({ points }: { readonly points: readonly SeriesPoint[] }) {
  const zone = useStore(usePage().preferences.zone);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse must be able to scroll it
    <section className={styles.scroll} tabIndex={0} aria-label="Usage as a table">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Average CPU</th>
            <th scope="col">Peak CPU</th>
            <th scope="col">Memory used</th>
            <th scope="col">On the host</th>
            <th scope="col">Disk read</th>
            <th scope="col">Disk written</th>
            <th scope="col">Received</th>
            <th scope="col">Sent</th>
          </tr>
        </thead>
        <tbody>
          {[...points].reverse().map((point) => (
            <tr key={point.at}>
              <th scope="row">{formatMoment(point.at * 1000, zone)}</th>
              <td>{formatPercent(point.cpuPercent)}</td>
              <td>{formatPercent(point.cpuPeakPercent)}</td>
              <td>{formatBytes(point.memoryUsedBytes)}</td>
              <td>{formatBytes(point.memoryRssBytes)}</td>
              <td>{formatRate(point.blockReadBytesPerSecond)}</td>
              <td>{formatRate(point.blockWriteBytesPerSecond)}</td>
              <td>{formatRate(point.networkReceiveBytesPerSecond)}</td>
              <td>{formatRate(point.networkTransmitBytesPerSecond)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
