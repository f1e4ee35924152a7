import { statsFlags, statsTypes } from '../../../libvirt/protocol/values.ts';
import type { MachineMeasurement } from '../../machine.ts';
import { type DomainRecord, type DomainRecords, figure, type StatValues } from './domain-records.ts';
import { machineStateOf } from './machine-state.ts';

const measured =
  statsTypes.state |
  statsTypes.cpuTotal |
  statsTypes.balloon |
  statsTypes.vcpu |
  statsTypes.interface |
  statsTypes.block;

/** Reads the counters of every machine that is on, in one call that waits for no guest. */
export async function measureDomains(records: DomainRecords, now: () => number): Promise<MachineMeasurement[]> {
  const found = await records.stats(measured, statsFlags.active);
  const atMs = now();
  return found.filter(({ domain }) => domain.id >= 0).map((record) => measurementOf(record, atMs));
}

function measurementOf({ domain, values }: DomainRecord, atMs: number): MachineMeasurement {
  return {
    machineId: domain.uuid,
    name: domain.name,
    vmid: String(domain.id),
    state: machineStateOf(figure(values, 'state.state') ?? 0, figure(values, 'state.reason') ?? 0).state,
    atMs,
    cpuTimeNs: figure(values, 'cpu.time'),
    vcpus: figure(values, 'vcpu.current'),
    memoryBytes: bytes(values, 'balloon.maximum'),
    memoryUsedBytes: usedBytes(values),
    memoryRssBytes: bytes(values, 'balloon.rss'),
    blockReadBytes: sum(values, 'block', 'rd.bytes'),
    blockWriteBytes: sum(values, 'block', 'wr.bytes'),
    networkReceiveBytes: sum(values, 'net', 'rx.bytes'),
    networkTransmitBytes: sum(values, 'net', 'tx.bytes'),
  };
}

/** What the guest's balloon driver tells: all memory that it sees, less what could be had without swapping. */
function usedBytes(values: StatValues): number | null {
  const available = bytes(values, 'balloon.available');
  const free = bytes(values, 'balloon.usable') ?? bytes(values, 'balloon.unused');
  return available === null || free === null ? null : Math.max(0, available - free);
}

function bytes(values: StatValues, name: string): number | null {
  const kib = figure(values, name);
  return kib === null ? null : kib * 1024;
}

/**
 * Sum over `block.0.rd.bytes`, `block.1.rd.bytes`…; devices that were left out count nothing. Without the count of devices, or
 * with devices of which not one has the counter, nothing is known: libvirt leaves them out while the monitor is busy.
 */
function sum(values: StatValues, group: 'block' | 'net', counter: string): number | null {
  const count = figure(values, `${group}.count`);
  if (count === null) return null;
  const known = Array.from({ length: count }, (_, index) => figure(values, `${group}.${index}.${counter}`)).filter(
    (value) => value !== null,
  );
  return count > 0 && known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}
