import type { DumpRecord } from '../../src/records/dump-record.ts';
import type { RecordDay, RecordFilter, RecordMachine, RecordOrder } from '../../src/records/dump-records.ts';

// What the contract of DumpRecords says, in its plainest form: what every implementation is compared with.

export function expectedRecords(all: readonly DumpRecord[], filter: RecordFilter): DumpRecord[] {
  const { vms, states, fromUs, untilUs, search } = filter;
  return all.filter(
    (record) =>
      (vms === undefined || [record.dom, record.vmid, record.machineId].some((name) => vms.includes(name))) &&
      (states === undefined || states.includes(record.state)) &&
      (fromUs === undefined || record.timeUs >= fromUs) &&
      (untilUs === undefined || record.timeUs < untilUs) &&
      (search === undefined || isFound(record, search)),
  );
}

function isFound(record: DumpRecord, search: string): boolean {
  const inHash = /^[0-9a-f]{3,64}$/i.test(search) && record.sha256.includes(search.toLowerCase());
  return inHash || asciiLower(record.dom).includes(asciiLower(search));
}

function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** `nameKey` is what names are compared by, where a store keeps them in another form. */
export function expectedOrder(
  records: readonly DumpRecord[],
  { by, direction }: RecordOrder,
  nameKey: (name: string) => string = (name) => name,
): DumpRecord[] {
  const keys = {
    TIME: (record: DumpRecord) => record.timeUs,
    DURATION: (record: DumpRecord) => record.durationSec,
    SIZE: (record: DumpRecord) => record.sizeBytes,
    VM: (record: DumpRecord) => nameKey(record.dom),
  };
  const key = keys[by];
  const sorted = [...records].sort((a, b) => compare(key(a), key(b)) || compare(a.id, b.id));
  return direction === 'ASC' ? sorted : sorted.reverse();
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

export function expectedStats(records: readonly DumpRecord[]) {
  return {
    totalDumps: records.length,
    totalVms: new Set(records.map((record) => record.machineId)).size,
    totalSizeBytes: sum(records.map((record) => record.sizeBytes)),
    avgDurationSec: average(records.map((record) => record.durationSec)),
    lastDumpUs: records.length === 0 ? null : Math.max(...records.map((record) => record.timeUs)),
  };
}

export function expectedMachines(records: readonly DumpRecord[]): RecordMachine[] {
  const machines = [...Map.groupBy(records, ({ machineId }) => machineId)].map(([machineId, of]) => {
    const newest = of.reduce((a, b) => (b.timeUs >= a.timeUs ? b : a));
    return { machineId, dom: newest.dom, vmid: newest.vmid, dumps: of.length, lastDumpUs: newest.timeUs };
  });
  return machines.sort((a, b) => b.lastDumpUs - a.lastDumpUs || compare(a.machineId, b.machineId));
}

export function expectedSeries(records: readonly DumpRecord[]): RecordDay[] {
  const days = Map.groupBy(records, (record) => Math.floor(record.timeUs / 86_400_000_000) * 86_400_000);
  return [...days]
    .sort(([a], [b]) => a - b)
    .map(([dayMs, ofDay]) => ({
      dayMs,
      dumps: ofDay.length,
      sizeBytes: sum(ofDay.map((record) => record.sizeBytes)),
      avgDurationSec: average(ofDay.map((record) => record.durationSec)) ?? 0,
      avgGuestPauseMs: average(ofDay.flatMap((record) => record.guestPauseMs ?? [])),
    }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function average(values: readonly number[]): number | null {
  return values.length === 0 ? null : sum(values) / values.length;
}
