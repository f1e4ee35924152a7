import type { CheckedFilter } from './check-query.ts';
import type { DumpRecord } from './dump-record.ts';

/** Whether a filter means a record: for stores that cannot say it in their own language. */
export function matchesFilter(record: DumpRecord, filter: CheckedFilter): boolean {
  const { vms, states, fromUs, untilUs, search, hashPart } = filter;
  if (record.timeUs < fromUs || record.timeUs >= untilUs || !states.includes(record.state)) return false;
  if (vms !== null && ![record.dom, record.vmid, record.machineId].some((name) => vms.includes(name))) return false;
  if (search === null || lowerAscii(record.dom).includes(lowerAscii(search))) return true;
  return hashPart !== null && lowerAscii(record.sha256).includes(hashPart);
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
