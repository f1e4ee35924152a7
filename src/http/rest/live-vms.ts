import type { Actor } from '../../access/actor.ts';
import type { Ask } from './ask.ts';

interface Usage {
  readonly at: string;
  readonly cpuPercent: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryRssBytes: number | null;
  readonly blockReadBytesPerSecond: number | null;
  readonly blockWriteBytesPerSecond: number | null;
  readonly networkReceiveBytesPerSecond: number | null;
  readonly networkTransmitBytesPerSecond: number | null;
}

const question = `{ service { influx { lacksRecords } } vms { id name vmid state memoryBytes vcpus usage {
  at cpuPercent memoryUsedBytes memoryRssBytes blockReadBytesPerSecond blockWriteBytesPerSecond
  networkReceiveBytesPerSecond networkTransmitBytesPerSecond
} } }`;

interface Payload {
  readonly service: { readonly influx: { readonly lacksRecords: boolean } | null };
  readonly vms: readonly {
    readonly id: string;
    readonly name: string;
    readonly vmid: string | null;
    readonly state: string;
    readonly memoryBytes: number;
    readonly vcpus: number;
    readonly usage: Usage | null;
  }[];
}

const lacking = 'InfluxDB lacks records that it had accepted; they are being written again.';

/** `GET /api/telemetry/live-vms`: what the old dashboard filled its selector with, running machines first; and what they use now. */
export async function listLiveVms(ask: Ask, actor: Actor) {
  const { vms, service } = await ask<Payload>(actor, question);
  const rows = vms.map(({ id, name, vmid, state, memoryBytes, vcpus, usage }) => ({
    id: vmid ?? id,
    name,
    uuid: id,
    state: state.toLowerCase(),
    memory_bytes: memoryBytes,
    vcpus,
    // What was measured last, in the words of `vm_stats`; null while the machine is off, and until it has been measured twice.
    measured_at: usage?.at ?? null,
    cpu_percent: usage?.cpuPercent ?? null,
    memory_used_bytes: usage?.memoryUsedBytes ?? null,
    memory_rss_bytes: usage?.memoryRssBytes ?? null,
    block_read_bytes_per_sec: usage?.blockReadBytesPerSecond ?? null,
    block_write_bytes_per_sec: usage?.blockWriteBytesPerSecond ?? null,
    net_rx_bytes_per_sec: usage?.networkReceiveBytesPerSecond ?? null,
    net_tx_bytes_per_sec: usage?.networkTransmitBytesPerSecond ?? null,
  }));
  rows.sort((a, b) => Number(b.state === 'running') - Number(a.state === 'running'));
  const warnings = service.influx?.lacksRecords === true ? [lacking] : [];
  return { vms: rows, count: rows.length, warnings };
}
