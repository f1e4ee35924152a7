import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { PlanError, type Value, type ValueType } from './evaluate.ts';
import type { FlightQuery } from './flight-service.ts';
import { type Result, ServerError } from './query.ts';

/** Debian's influxd 1.6: a real server of line protocol and InfluxQL, in a process and folder of its own. */
export interface Influxd {
  readonly url: string;
  write(database: string, body: string): Promise<void>;
  query(query: FlightQuery): Promise<Result>;
  close(): Promise<void>;
}

export async function startInfluxd(): Promise<Influxd> {
  const folder = mkdtempSync(join(tmpdir(), 'memoir-influxd-'));
  const [http, rpc] = [await freePort(), await freePort()];
  writeFileSync(join(folder, 'influxd.conf'), configuration(folder, http, rpc));
  const child = spawn('influxd', ['-config', join(folder, 'influxd.conf')], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${http}`;
  await untilItAnswers(url, child);

  const known = new Set<string>();
  // It makes no database by itself, as version 3 does.
  const prepare = async (database: string) => {
    if (known.has(database)) return;
    const body = new URLSearchParams({ q: `CREATE DATABASE "${database}"` });
    const response = await fetch(`${url}/query`, { method: 'POST', body });
    const answer = await response.text();
    if (!response.ok || answer.includes('error')) throw new Error(`influxd made no database: ${answer}`);
    known.add(database);
  };
  return {
    url,
    async write(database, body) {
      await prepare(database);
      const response = await fetch(`${url}/write?db=${encodeURIComponent(database)}`, { method: 'POST', body });
      if (!response.ok) throw new Error(`influxd refused the lines: ${await response.text()}`);
    },
    async query({ database, text, parameters }) {
      await prepare(database);
      const search = new URLSearchParams({ db: database, q: text, epoch: 'ns', params: JSON.stringify(parameters) });
      const response = await fetch(`${url}/query?${search}`);
      const answer = parse(await response.text());
      if (answer.error !== undefined) throw new PlanError(answer.error);
      const error = answer.results?.[0]?.error;
      if (error !== undefined) throw new ServerError(error);
      return toResult(answer.results?.[0]?.series ?? []);
    },
    async close() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Series {
  readonly name: string;
  readonly tags?: Record<string, string>;
  readonly columns: string[];
  readonly values: Value[][];
}

function parse(text: string): { error?: string; results?: { error?: string; series?: Series[] }[] } {
  return JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? 0) : value,
  );
}

function toResult(series: readonly Series[]): Result {
  const [first] = series;
  if (first === undefined) return { columns: [{ name: 'time', type: 'timestamp', origin: null }], rows: [] };
  const tags = Object.keys(first.tags ?? {});
  const names = [...first.columns, ...tags];
  const rows = series.flatMap(({ tags: of = {}, values }) =>
    values.map((row) => [...row, ...tags.map((tag) => of[tag] ?? null)]),
  );
  // A column of numbers in which one has a fraction is one of floats.
  const columns = names.map(
    (name, at) =>
      ({
        name,
        type: name === 'time' ? 'timestamp' : guess(rows.map((row) => row[at] ?? null)),
        origin: null,
      }) as const,
  );
  const floats = columns.map(({ type }) => type === 'float');
  return {
    measurement: first.name,
    groupedBy: tags,
    columns,
    rows: rows.map((row) => row.map((value, at) => (floats[at] && value !== null ? Number(value) : value))),
  };
}

function guess(values: readonly Value[]): ValueType {
  const types = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  if (types.has('number')) return 'float';
  if (types.has('bigint')) return 'int';
  if (types.has('string')) return 'string';
  return types.has('boolean') ? 'bool' : 'null';
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`influxd ended with ${child.exitCode}`);
    const response = await fetch(`${url}/ping`).catch(() => null);
    if (response?.ok) return;
    await setTimeout(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const configuration = (folder: string, http: number, rpc: number) => `
reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  log-enabled = false
[monitor]
  store-enabled = false
`;
