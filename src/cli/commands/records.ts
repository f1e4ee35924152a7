import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliRecordsDocument, type CliRecordsQuery, type DumpRecordFilter } from '../generated/graphql.ts';
import { bytes, plain, seconds, table } from '../text.ts';

export interface RecordsOptions {
  readonly vm?: readonly string[];
  readonly search?: string;
  readonly from?: string;
  readonly until?: string;
  readonly limit: number;
  readonly csv?: boolean;
}

type Row = CliRecordsQuery['dumpRecords']['nodes'][number];

export async function listRecords(console: Console, options: RecordsOptions) {
  const { vm, search, from, until, limit, csv } = options;
  const filter: DumpRecordFilter = {
    ...(vm !== undefined && { vms: [...vm] }),
    ...(search !== undefined && { search }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
  };
  const rows: Row[] = [];
  let after: string | null = null;
  for (;;) {
    const first = Math.min(limit - rows.length, 1000);
    const { dumpRecords }: CliRecordsQuery = await console.client.ask(CliRecordsDocument, { filter, first, after });
    rows.push(...dumpRecords.nodes);
    if (after === null) for (const warning of dumpRecords.warnings) console.tell(`${plain(warning)}\n`);
    after = dumpRecords.pageInfo.endCursor ?? null;
    if (!dumpRecords.pageInfo.hasNextPage || after === null || rows.length >= limit) break;
  }
  if (csv === true) console.out(toCsv(rows, console.terminal));
  else print(console, rows, () => toTable(rows));
  return exitCodes.done;
}

function toTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.time,
    row.dom,
    row.vmid,
    row.state,
    seconds(row.durationSec),
    bytes(row.gzipSizeBytes),
    row.sha256.slice(0, 16),
    row.dumpPath,
  ]);
  return table(['TIME', 'MACHINE', 'VMID', 'STATE', 'TOOK', 'SIZE', 'SHA-256', 'PATH'], cells);
}

const columns = [
  'id',
  'time',
  'dom',
  'vmid',
  'machineId',
  'host',
  'state',
  'sha256',
  'imageSha256',
  'durationSec',
  'gzipSizeBytes',
  'rawSizeBytes',
  'ctime',
  'mtime',
  'atime',
  'dumpPath',
  'format',
  'compression',
  'method',
  'guestPauseMs',
  'demo',
] as const satisfies (keyof Row)[];

/** What a spreadsheet takes for a formula: also behind blanks and quotes, and in full width (U+FF1D). */
const formula = /^[\s"'\u00a0\u3000]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** RFC 4180. A cell that a spreadsheet would compute is disarmed by a quote before it (OWASP, CSV injection).
 * A file gets every name as it is, a terminal what it can show. */
function toCsv(rows: readonly Row[], terminal: boolean): string {
  const cell = (value: unknown) => {
    const exact = value === null || value === undefined ? '' : String(value);
    const shown = terminal ? plain(exact) : exact;
    const safe = typeof value === 'string' && formula.test(exact) ? `'${shown}` : shown;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [columns.join(','), ...rows.map((row) => columns.map((column) => cell(row[column])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');
}
