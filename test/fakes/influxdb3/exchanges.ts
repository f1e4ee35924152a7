import { InfluxDBClient, setLogger } from '@influxdata/influxdb3-client';
import { codeOf } from '../../../src/domain/thrown.ts';

// What docs/transcripts/influxdb3.md says of InfluxDB 3 Core, as requests that can be sent again: to a real server, which has to
// answer as the page says, and to the double, which has to answer as the real one does.

/** A server to ask, with the token of an administrator. */
export interface Asked {
  readonly url: string;
  readonly token: string;
}

export type Stage = 'PLAIN' | 'MANY_FILES' | 'LITTLE_MEMORY';

type Section = 'HTTP' | 'Arrow Flight' | 'Limits';

export interface Exchange {
  readonly title: string;
  /** Which server it is for: one as it is, one that `spread` was written to, one with a query pool of 1 MiB. */
  readonly stage: Stage;
  readonly section: Section;
  /** The request as the page shows it. */
  readonly request: string;
  /** The answer as the page shows it. */
  ask(server: Asked): Promise<string>;
}

const line = (fields: string, dom = 'web') => `mem_dumps,dom=${dom},vmid=1 sha256="ab",${fields} 1763109503123456000`;
const oldFields = 'duration_sec=2,gzip_size_bytes=10';
const newFields = 'duration_sec=2,gzip_size_bytes=10i';

/** As many files as these lines, once they are on the disk: one for each ten minutes. */
export function spread(nowMs: number): string[] {
  const slotMs = 600_000;
  const last = Math.floor(nowMs / slotMs) * slotMs;
  return Array.from({ length: 450 }, (_, number) => `f,dom=web n=${number}i ${last - number * slotMs}000000`);
}

/** Enough text that a pool of 1 MiB cannot sort it. */
export function bulk(from: number): string[] {
  return Array.from(
    { length: 2_000 },
    (_, at) => `m,dom=vm-${from + at} s="${'x'.repeat(200)}${from + at}" ${from + at}`,
  );
}

/** Long texts by their ends: the page is for reading. */
function shorten(text: string): string {
  return text.length <= 1_000 ? text : `${text.slice(0, 120)} … ${text.slice(-160)} (${text.length} characters)`;
}

interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly search?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly type?: string;
  readonly as?: 'ADMINISTRATOR' | 'NOBODY' | 'STRANGER';
}

function http(title: string, given: HttpRequest, stage: Stage = 'PLAIN'): Exchange {
  const { path, search = {}, body, type, as = 'ADMINISTRATOR' } = given;
  const method = given.method ?? (body === undefined ? 'GET' : 'POST');
  const shown = Object.entries(search).map(([name, value]) => `${name}=${value}`);
  const question = [`${method} ${path}${shown.length > 0 ? `?${shown.join('&')}` : ''}`];
  if (type !== undefined) question.push(`Content-Type: ${type}`);
  if (body !== undefined) question.push(shorten(body));
  return {
    title,
    stage,
    section: stage === 'PLAIN' ? 'HTTP' : 'Limits',
    request: question.join('\n'),
    async ask(server) {
      const url = new URL(path, server.url);
      for (const [name, value] of Object.entries(search)) url.searchParams.set(name, value);
      const token = as === 'STRANGER' ? 'apiv3_wrong' : as === 'NOBODY' ? '' : server.token;
      const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(type && { 'content-type': type }) };
      let response: Response;
      let text: string;
      try {
        const ask = () => fetch(url, { method, headers, ...(body !== undefined && { body: Buffer.from(body) }) });
        // Of a body that is too large the server reads no more, answers and hangs up: at times before the answer was read.
        response = await ask().catch(ask).catch(ask).catch(ask);
        text = (await response.text()).trimEnd();
      } catch {
        return '(the connection breaks)';
      }
      const said = ['content-type', 'x-influxdb-version', 'x-influxdb-build'].flatMap((name) => {
        const value = response.headers.get(name);
        return value === null ? [] : [`${name}: ${value}`];
      });
      // Made anew by each start.
      text = text.replace(/"process_id":"[^"]*"/, '"process_id":"UUID"');
      return [`${response.status} ${response.statusText}`, ...said, shorten(text) || '(empty)'].join('\n');
    },
  };
}

interface FlightRequest {
  readonly text: string;
  readonly type?: 'sql' | 'influxql';
  readonly database?: string;
  readonly params?: Record<string, string>;
  readonly token?: string;
}

function flight(title: string, given: FlightRequest, stage: Stage = 'PLAIN'): Exchange {
  const { text, type = 'sql', database = 'vmstats', params = {} } = given;
  const details = [
    type === 'sql' ? 'SQL' : 'InfluxQL',
    ...(database === 'vmstats' ? [] : [`database ${database}`]),
    ...Object.entries(params).map(([name, value]) => `$${name} = ${JSON.stringify(value)}`),
  ];
  return {
    title,
    stage,
    section: stage === 'PLAIN' ? 'Arrow Flight' : 'Limits',
    request: `${details.join(', ')}\n${text}`,
    async ask({ url, token }) {
      setLogger({ error() {}, warn() {} });
      const client = new InfluxDBClient({ host: url, database, token: given.token ?? token, authScheme: 'Bearer' });
      try {
        const rows: unknown[] = [];
        for await (const row of client.query(text, database, { type, params })) rows.push(row);
        return JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value));
      } catch (error) {
        // Who holds how much of the pool differs from time to time.
        const message = decodeURIComponent((error as Error).message).replace(/ as:\n( {2}External.*\n)+/, ' as: …\n');
        return `${codeOf(error)}: ${shorten(message)}`;
      } finally {
        await client.close();
      }
    },
  };
}

const v3 = '/api/v3/write_lp';
const whole = { db: 'vmstats', precision: 'nanosecond', accept_partial: 'false', no_sync: 'false' };
const sql = (q: string, db = 'vmstats') => ({ path: '/api/v3/query_sql', search: { db, q } });
const influxql = (q: string, db = 'vmstats') => ({ path: '/query', search: { db, q, epoch: 'ns' } });
const json = 'application/json';
const columns = Array.from({ length: 501 }, (_, number) => `f${number}=1`).join(',');

/** In the order in which they have to be asked: later ones find what earlier ones wrote. */
export const exchanges: readonly Exchange[] = [
  http('Without a token', { path: '/health', as: 'NOBODY' }),
  http('With a wrong one', { path: '/health', as: 'STRANGER' }),
  http('Health', { path: '/health' }),
  http('Version', { path: '/ping' }),
  http('A table', {
    path: '/api/v3/configure/table',
    type: json,
    body: '{"db":"vmstats","table":"vm_stats","tags":["dom","vmid","host"],"fields":[{"name":"memory_bytes","type":"int64"}]}',
  }),
  http('The same table', {
    path: '/api/v3/configure/table',
    type: json,
    body: '{"db":"vmstats","table":"vm_stats","tags":["dom","vmid","host"],"fields":[]}',
  }),
  http('A table, without a content type of JSON', { path: '/api/v3/configure/table', body: '{}' }),
  http('A write: answered when the WAL was flushed', { path: v3, search: whole, body: line(oldFields) }),
  http('A column of another type', { path: v3, search: whole, body: line(newFields, 'db') }),
  http('A field that was a tag', { path: v3, search: whole, body: 'mem_dumps,vmid=1 dom="web" 1' }),
  http('The same where bad lines are left out', {
    path: v3,
    search: { ...whole, accept_partial: 'true' },
    body: `${line(newFields)}\nmem_dumps,dom=web,vmid=2 sha256="cd",${oldFields} 1763109504000000000`,
  }),
  http('The same on the path of version 2: it does not say what is wrong', {
    path: '/api/v2/write',
    search: { bucket: 'vmstats', precision: 'ns' },
    body: line(newFields),
  }),
  http('An empty tag', { path: v3, search: whole, body: 'mem_dumps,dom= sha256="ab" 1' }),
  http('No fields', { path: v3, search: whole, body: 'mem_dumps,dom=web 1' }),
  http('What is no value', { path: v3, search: whole, body: 'mem_dumps,dom=web n=abc 1' }),
  http('An integer that is too large', { path: v3, search: whole, body: 'mem_dumps,dom=web n=9223372036854775808i 1' }),
  http('A tag that is there twice', { path: v3, search: whole, body: 'twice,dom=web,dom=db sha256="ab" 1' }),
  http('Nothing', { path: v3, search: whole, body: '' }),
  http('A name that no database may have', { path: v3, search: { ...whole, db: 'a b' }, body: 'm f=1' }),
  http('Columns beyond 500', { path: v3, search: whole, body: `wide ${columns} 1` }),
  http('More than 10 MiB', { path: v3, search: whole, body: `big f="${'x'.repeat(11 * 1024 * 1024)}" 1` }),
  ...['two', 'three', 'four', 'five'].map((db) =>
    http(`Another database: ${db}`, { path: v3, search: { ...whole, db }, body: 'm f=1 1' }),
  ),
  http('A sixth database', { path: v3, search: { ...whole, db: 'six' }, body: 'm f=1 1' }),
  http(
    'SQL over HTTP',
    sql("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'mem_dumps'"),
  ),
  http('SQL over HTTP of a table that is not there', sql('SELECT * FROM nope')),
  http('SQL over HTTP of a column that is not there', sql('SELECT nope FROM mem_dumps')),
  http('SQL over HTTP of a database that is not there', sql('SELECT 1', 'nope')),
  http('InfluxQL', influxql("SELECT * FROM mem_dumps WHERE dom = 'web'")),
  http('InfluxQL, grouped by a tag', influxql('SELECT COUNT(sha256) AS n FROM mem_dumps GROUP BY dom')),
  http('InfluxQL of a measurement that is not there', influxql('SELECT * FROM nope')),
  http('InfluxQL of a field that is not there', influxql('SELECT nope FROM mem_dumps')),
  http('InfluxQL of a database that is not there', influxql('SELECT * FROM nope', 'nope')),
  http('InfluxQL with a parameter', {
    path: '/query',
    search: { db: 'vmstats', q: 'SELECT * FROM mem_dumps WHERE dom = $dom', epoch: 'ns', params: '{"dom":"web"}' },
  }),
  http('What is no InfluxQL', influxql('SELEKT 1')),
  http('A path that is not there', { path: '/api/v4/nope' }),
  flight('SQL', { text: 'SELECT *, time::bigint AS time_ns FROM mem_dumps ORDER BY time' }),
  flight('SQL of the table whose tag was there twice', { text: 'SELECT dom FROM twice' }),
  flight('SQL with a parameter', { text: 'SELECT dom FROM mem_dumps WHERE vmid = $vmid', params: { vmid: '2' } }),
  flight('SQL that counts', { text: 'SELECT count(*) AS n, sum(gzip_size_bytes) AS bytes FROM mem_dumps' }),
  flight('SQL that finds nothing', { text: "SELECT dom FROM mem_dumps WHERE dom = 'nobody'" }),
  flight('Columns and their types', {
    text: "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'mem_dumps'",
  }),
  flight('InfluxQL with a parameter', {
    text: 'SELECT COUNT(sha256) AS n FROM mem_dumps WHERE dom = $dom',
    type: 'influxql',
    params: { dom: 'web' },
  }),
  flight('InfluxQL of rows', { text: "SELECT * FROM mem_dumps WHERE vmid = '2'", type: 'influxql' }),
  flight('InfluxQL of a measurement that is not there', { text: 'SELECT * FROM nope', type: 'influxql' }),
  flight('A table that is not there', { text: 'SELECT * FROM nope' }),
  flight('A column that is not there', { text: 'SELECT nope FROM mem_dumps' }),
  flight('What is no SQL', { text: 'SELEKT 1' }),
  flight('A database that is not there', { text: 'SELECT 1 AS one FROM m', database: 'nope' }),
  flight('A wrong token', { text: 'SELECT dom FROM mem_dumps', token: 'apiv3_wrong' }),
  flight('Bounds that exclude each other', {
    text: "SELECT count(*) AS n FROM mem_dumps WHERE time >= '2026-01-01T00:00:00Z' AND time < '2025-01-01T00:00:00Z'",
  }),
  flight('Time inside of an expression', {
    text: "SELECT dom FROM mem_dumps WHERE date_trunc('microsecond', time) > '2025-01-01T00:00:00Z'",
  }),
  flight('InfluxQL of a database that is not there', { text: 'SELECT * FROM m', type: 'influxql', database: 'nope' }),
  flight('What is no InfluxQL', { text: 'SELEKT 1', type: 'influxql' }),
  flight('450 files, of which a query may open 432', { text: 'SELECT count(*) AS n FROM f' }, 'MANY_FILES'),
  flight('A query pool of 1 MiB (--exec-mem-pool-bytes 1)', { text: 'SELECT * FROM m ORDER BY s' }, 'LITTLE_MEMORY'),
  http(
    'SQL over HTTP with that pool: in the body, after a status of 200, or before there is any',
    sql('SELECT * FROM m ORDER BY s'),
    'LITTLE_MEMORY',
  ),
];

/** One exchange as the page shows it. */
export function written(exchange: Exchange, answer: string): string {
  const block = (text: string) =>
    text
      .split('\n')
      .map((row) => (row === '' ? '' : `    ${row}`))
      .join('\n');
  return [`**${exchange.title}**`, block(exchange.request), block(answer)].join('\n\n');
}

/** The part of the page that the exchanges make. */
export function page(answers: ReadonlyMap<Exchange, string>): string {
  const sections = (['HTTP', 'Arrow Flight', 'Limits'] as const).map((section) => {
    const own = [...answers].filter(([exchange]) => exchange.section === section);
    return [`## ${section}`, ...own.map(([exchange, answer]) => written(exchange, answer))].join('\n\n');
  });
  return `${sections.join('\n\n')}\n\n`;
}
