import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createInfluxClient, type InfluxClient } from '../../src/influx/influx-client.ts';
import type { InfluxFailure } from '../../src/influx/influx-error.ts';
import { type InfluxDouble, startInfluxDouble } from '../fakes/influxdb3/double.ts';

let double: InfluxDouble;
let client: InfluxClient;
beforeEach(async () => {
  double = await startInfluxDouble();
  client = open();
  onTestFinished(() => double.close());
});

function open(token = '', url = double.url): InfluxClient {
  const opened = createInfluxClient({ url, database: 'vmstats', token });
  onTestFinished(() => opened.close());
  return opened;
}

const line =
  'mem_dumps,dom=web,vmid=1 sha256="ab",gzip_size_bytes=9007199254740993i,duration_sec=2 1763109503123456000';
const rows = "SELECT *, time::bigint AS time_ns FROM mem_dumps WHERE time >= '2025-01-01T00:00:00Z'";
const failsWith = (work: Promise<unknown>, failure: InfluxFailure) => expect(work).rejects.toMatchObject({ failure });

describe('writing', () => {
  it('is readable when it resolves', async () => {
    await client.write([line]);
    const [row] = await client.sql({ text: rows });
    expect(row).toMatchObject({ dom: 'web', vmid: '1', duration_sec: 2, time_ns: 1763109503123456000n });
  });

  it('is all or nothing, and says that it is the line’s fault', async () => {
    await failsWith(client.write([line, 'mem_dumps,dom=web sha256=12i 1']), 'BAD_LINE');
    expect(double.store.taken).toEqual([]);
    await failsWith(client.write(['mem_dumps,dom= sha256="x" 1']), 'BAD_LINE');
  });

  it('tells a failure of the server’s own from the line’s, whatever the status says', async () => {
    const cases: [number, string, InfluxFailure][] = [
      [400, '{"code":"invalid","message":"write buffer error: error from wal: no space"}', 'TROUBLED'],
      [400, '{"error":"line protocol parsing error","data":{"error_message":"x"}}', 'BAD_LINE'],
      [400, '{"error":"parsing failed for write_lp endpoint"}', 'BAD_LINE'],
      [400, 'Authorization header was malformed', 'TROUBLED'],
      [401, '{"error": "the request was not authenticated"}', 'UNAUTHORIZED'],
      [403, 'forbidden', 'UNAUTHORIZED'],
      [404, 'page not found', 'NOT_INFLUXDB'],
      [302, '', 'NOT_INFLUXDB'],
      [413, 'too large', 'TOO_MUCH'],
      [422, 'limit of columns', 'TOO_MUCH'],
      [422, '{"error":"Adding a new database would exceed limit of 5 databases"}', 'NO_DATABASE'],
      [400, '{"error":"invalid character in database name: must be ASCII"}', 'NO_DATABASE'],
      [500, 'max request size (10485760 bytes) exceeded', 'TOO_MUCH'],
      [429, 'slow down', 'TROUBLED'],
      [500, 'oops', 'TROUBLED'],
      [503, 'later', 'TROUBLED'],
    ];
    for (const [status, body, failure] of cases) {
      double.knobs.onWrite = () => ({ status, body, headers: { location: 'http://127.0.0.1:9/' } });
      await failsWith(client.write([line]), failure);
    }
  });

  it('makes a table with the columns that are asked for, once', async () => {
    const make = () => client.createTable('vm_stats', ['dom'], [{ name: 'memory_bytes', type: 'int64' }]);
    await make();
    await make();
    expect(double.store.table('vmstats', 'vm_stats')?.columns.get('memory_bytes')).toBe('integer');
  });

  it('is done only when InfluxDB says so: a page of a proxy or a friendly error is no acceptance', async () => {
    const answers: [number, string][] = [
      [200, '<!doctype html><title>Welcome</title>'],
      [200, '{"error":"read-only for maintenance"}'],
      [200, ''],
      [201, ''],
      [202, 'queued'],
    ];
    for (const [status, body] of answers) {
      double.knobs.onWrite = () => ({ status, body });
      await failsWith(client.write([line]), 'NOT_INFLUXDB');
    }
    double.knobs.onWrite = () => ({ taken: true, status: 204 });
    await client.write([line]);
  });

  it('passes on when the server wants to be asked again', async () => {
    // A date is of the server's clock, whatever this machine's shows.
    const server = { date: 'Fri, 01 Jan 2100 00:00:00 GMT', 'retry-after': 'Fri, 01 Jan 2100 00:00:05 GMT' };
    double.knobs.onWrite = () => ({ status: 503, headers: server });
    await expect(client.write(['m v=1'])).rejects.toMatchObject({ retryAfterMs: 5000 });
    double.knobs.onWrite = () => ({ status: 503, headers: { 'retry-after': '7' } });
    await expect(client.write([line])).rejects.toMatchObject({ retryAfterMs: 7000 });
  });

  it('says that nobody is there, and that a connection broke', async () => {
    double.knobs.onWrite = () => ({ silence: 'DROP' });
    await failsWith(client.write([line]), 'UNREACHABLE');
    await double.stop();
    await failsWith(client.write([line]), 'UNREACHABLE');
  });

  it('ends at once when it is closed', async () => {
    double.knobs.onWrite = () => ({ silence: 'HANG' });
    const own = open();
    const writing = failsWith(own.write([line]), 'UNREACHABLE');
    await own.close();
    await writing;
  });
});

describe('querying', () => {
  it('gives whole numbers, fractions, texts, flags and nothing as they are', async () => {
    await client.write([line, 'mem_dumps,dom=db,vmid=2 sha256="cd",demo=true 1763109503123457000']);
    const [first, second] = await client.sql({ text: `${rows} ORDER BY time` });
    expect(first).toMatchObject({ dom: 'web', demo: null, duration_sec: 2 });
    expect(second).toMatchObject({ dom: 'db', demo: true, duration_sec: null, gzip_size_bytes: null });
    const text = "SELECT count(*) AS n FROM mem_dumps WHERE time >= '2025-01-01T00:00:00Z'";
    expect(await client.sql({ text })).toEqual([{ n: 2n }]);
  });

  it('takes parameters that the official client loses or stumbles over', async () => {
    const hostile = ['', '0', '$x', "it's", '"', 'a b'];
    await client.write(
      hostile.map(
        (name, at) =>
          `mem_dumps,dom=x,vmid=${at} sha256="${name.replaceAll('"', '\\"')}" ${1763109503000000000n + BigInt(at)}`,
      ),
    );
    for (const name of hostile) {
      const text = `${rows} AND sha256 = $name`;
      expect(await client.sql({ text, parameters: { name } }), JSON.stringify(name)).toMatchObject([{ sha256: name }]);
    }
  });

  it('reads InfluxQL over Flight to the microsecond, and over HTTP to the nanosecond', async () => {
    await client.write([line]);
    const text = 'SELECT * FROM mem_dumps WHERE time >= 0 ORDER BY time DESC LIMIT 1';
    const [flight] = await client.influxql({ text });
    expect(Math.round(Number(flight?.time) * 1000)).toBe(1763109503123456);
    const [http] = await client.influxqlHttp({ text });
    expect(http).toMatchObject({ time: 1763109503123456000n, gzip_size_bytes: 9007199254740993n, dom: 'web' });
  });

  it('copes with empty batches, many batches and one that is larger than gRPC takes by default', async () => {
    const sha256 = 'x'.repeat(50_000);
    await client.write(
      Array.from(
        { length: 120 },
        (_, at) => `mem_dumps,dom=x,vmid=1 sha256="${sha256}" ${1763109503000000000n + BigInt(at)}`,
      ),
    );
    double.knobs.emptyBatchFirst = true;
    expect(await client.sql({ text: rows })).toHaveLength(120);
    double.knobs.batchRows = 7;
    expect(await client.sql({ text: rows })).toHaveLength(120);
  });

  it('names its parameters over HTTP too, where InfluxDB knows none', async () => {
    await client.write([line, line.replace('dom=web', 'dom=db')]);
    const text = 'SELECT * FROM mem_dumps WHERE dom = $dom AND duration_sec = $seconds';
    const rows = await client.influxqlHttp({ text, parameters: { dom: 'web', seconds: 2 } });
    expect(rows.map(({ dom }) => dom)).toEqual(['web']);
    expect(double.queries.at(-1)?.text).toBe("SELECT * FROM mem_dumps WHERE dom = 'web' AND duration_sec = 2");
    await client.influxqlHttp({ text, parameters: { dom: "a'b\\c\nd", seconds: 2 } }).catch(() => undefined);
    expect(double.queries.at(-1)?.text).toContain(String.raw`dom = 'a\'b\\c\nd' AND`);
  });

  it('says that an answer broke off, which is not an InfluxDB that is away', async () => {
    const cut = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"results":[', () => response.destroy());
    }).listen(0, '127.0.0.1');
    await once(cut, 'listening');
    onTestFinished(() => void cut.close());
    const opened = open('', `http://127.0.0.1:${(cut.address() as AddressInfo).port}`);
    await failsWith(opened.influxqlHttp({ text: 'SELECT * FROM mem_dumps' }), 'TROUBLED');
  });

  it('names what went wrong', async () => {
    await failsWith(client.sql({ text: rows }), 'NO_DATABASE');
    await client.write(['other x=1i 1']);
    await failsWith(client.sql({ text: rows }), 'NO_TABLE');
    await client.write([line]);
    await failsWith(client.sql({ text: `${rows} AND colour = 'red'` }), 'NO_COLUMN');
    await failsWith(client.sql({ text: 'DELETE FROM mem_dumps' }), 'REFUSED');
    await failsWith(client.influxqlHttp({ text: 'SELECT COUNT(x' }), 'REFUSED');
    double.knobs.fileLimit = 0;
    await failsWith(client.sql({ text: rows }), 'FILE_LIMIT');
    double.knobs.onFlight = () => ({ code: 12, message: 'not implemented' });
    await failsWith(client.sql({ text: rows }), 'REFUSED');
    double.knobs.onFlight = () => ({ code: 8, message: 'grpc-timeout elapsed' });
    await failsWith(client.sql({ text: rows }), 'TIMEOUT');
  });

  it('does not count rows of a stream that broke', async () => {
    await client.write([line]);
    double.knobs.onFlight = () => ({ code: 13, message: 'object store is gone', afterRows: true });
    await failsWith(client.sql({ text: rows }), 'TROUBLED');
  });

  it('gives up in time when nothing is answered, on every way', async () => {
    double.knobs.hang = 'EVERYTHING';
    await Promise.all([
      failsWith(client.sql({ text: rows, timeoutMs: 150 }), 'TIMEOUT'),
      failsWith(client.influxql({ text: rows, timeoutMs: 150 }), 'TIMEOUT'),
      failsWith(client.influxqlHttp({ text: rows, timeoutMs: 150 }), 'TIMEOUT'),
    ]);
  });

  it('does not notice a restart, and finds back at once after an outage', async () => {
    await client.write([line]);
    expect(await client.sql({ text: rows })).toHaveLength(1);
    await double.stop();
    await double.start();
    expect(await client.sql({ text: rows })).toHaveLength(1);
    await double.stop();
    await failsWith(client.sql({ text: rows, timeoutMs: 3_000 }), 'UNREACHABLE');
    await double.start();
    const patient = async (): Promise<unknown[]> => client.sql({ text: rows }).catch(patient);
    expect(await patient()).toHaveLength(1);
  });

  it('works over HTTP where a proxy in between knows no HTTP/2', async () => {
    await client.write([line]);
    double.knobs.http1Only = true;
    await expect(client.sql({ text: rows, timeoutMs: 2_000 })).rejects.toMatchObject({ name: 'InfluxError' });
    const text = 'SELECT * FROM mem_dumps WHERE time >= 0 LIMIT 1';
    expect(await client.influxqlHttp({ text })).toHaveLength(1);
  });
});

describe('the token', () => {
  it('is sent everywhere; a wrong one is told apart from everything else', async () => {
    double.knobs.token = 'right';
    const right = open('right');
    await right.write([line]);
    expect(await right.sql({ text: rows })).toHaveLength(1);
    expect(await right.version()).toBe('3.5.0-nightly');
    for (const wrong of [open('wrong'), open('')]) {
      await failsWith(wrong.write([line]), 'UNAUTHORIZED');
      await failsWith(wrong.sql({ text: rows }), 'UNAUTHORIZED');
      await failsWith(wrong.influxqlHttp({ text: rows }), 'UNAUTHORIZED');
      await failsWith(wrong.version(), 'UNAUTHORIZED');
    }
  });

  it('is in no message of any failure', async () => {
    double.knobs.token = 'right';
    const wrong = open('canary-5f1c');
    const failures = await Promise.allSettled([
      wrong.write([line]),
      wrong.sql({ text: rows }),
      wrong.influxqlHttp({ text: rows }),
      open('canary-5f1c', 'http://127.0.0.1:9').write([line]),
    ]);
    for (const failure of failures) {
      const { reason } = failure as PromiseRejectedResult;
      expect(`${reason.message} ${reason.stack} ${JSON.stringify(reason)}`).not.toContain('canary');
    }
  });
});

it('makes a table once, and takes an existing one as it is', async () => {
  const fields = [{ name: 'sha256', type: 'utf8' }] as const;
  await client.createTable('mem_dumps', ['dom', 'vmid'], fields);
  await client.createTable('mem_dumps', ['dom', 'vmid'], fields);
  expect(await client.sql({ text: rows })).toEqual([]);
});
