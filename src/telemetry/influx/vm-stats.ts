import type { TableField } from '../../influx/influx-client.ts';
import { encodeLine, float, integer, string } from '../../influx/line-protocol.ts';
import type { Measure, Sample } from '../sample.ts';

/** The measurement of machine statistics. */
export const statsTable = 'vm_stats';

/** The tags by which the old dashboards tell machines apart, and the host: two hosts may have machines of one name and number. */
export const statsTags = ['dom', 'vmid', 'host'] as const;

/** The field of each measure. Rates are per second. */
export const fieldOf: Readonly<Record<Measure, string>> = {
  cpuPercent: 'cpu_percent',
  memoryBytes: 'memory_bytes',
  memoryUsedBytes: 'memory_used_bytes',
  memoryRssBytes: 'memory_rss_bytes',
  blockReadBytesPerSecond: 'block_read_bytes_per_sec',
  blockWriteBytesPerSecond: 'block_write_bytes_per_sec',
  networkReceiveBytesPerSecond: 'net_rx_bytes_per_sec',
  networkTransmitBytesPerSecond: 'net_tx_bytes_per_sec',
};

/** Types are for ever: the first write of a field decides. */
export const statsFields: readonly TableField[] = [
  { name: 'machine_id', type: 'utf8' },
  { name: 'state', type: 'utf8' },
  { name: fieldOf.cpuPercent, type: 'float64' },
  { name: fieldOf.memoryBytes, type: 'int64' },
  { name: fieldOf.memoryUsedBytes, type: 'int64' },
  { name: fieldOf.memoryRssBytes, type: 'int64' },
  { name: fieldOf.blockReadBytesPerSecond, type: 'float64' },
  { name: fieldOf.blockWriteBytesPerSecond, type: 'float64' },
  { name: fieldOf.networkReceiveBytesPerSecond, type: 'float64' },
  { name: fieldOf.networkTransmitBytesPerSecond, type: 'float64' },
];

/** The sample as one line. The machine's id is a field, as in the dumps' measurement. */
export function toLine(sample: Sample, host: string): string {
  return encodeLine({
    measurement: statsTable,
    tags: { dom: sample.name, vmid: sample.vmid, host },
    fields: {
      machine_id: string(sample.machineId),
      state: string(sample.state),
      [fieldOf.cpuPercent]: float(sample.cpuPercent),
      [fieldOf.memoryBytes]: integer(sample.memoryBytes),
      [fieldOf.memoryUsedBytes]: integer(sample.memoryUsedBytes),
      [fieldOf.memoryRssBytes]: integer(sample.memoryRssBytes),
      [fieldOf.blockReadBytesPerSecond]: float(sample.blockReadBytesPerSecond),
      [fieldOf.blockWriteBytesPerSecond]: float(sample.blockWriteBytesPerSecond),
      [fieldOf.networkReceiveBytesPerSecond]: float(sample.networkReceiveBytesPerSecond),
      [fieldOf.networkTransmitBytesPerSecond]: float(sample.networkTransmitBytesPerSecond),
    },
    timeUs: sample.atMs * 1000,
  });
}
