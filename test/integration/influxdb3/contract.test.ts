import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { createInfluxClient, type InfluxClient } from '../../../src/influx/influx-client.ts';
import { InfluxError } from '../../../src/influx/influx-error.ts';
import { toTagValue } from '../../../src/influx/tag-text.ts';
import type { Sourced } from '../../../src/records/dump-records.ts';
import { createFleetRecords } from '../../../src/records/influx/fleet-records.ts';
import { toLine, toStateLines } from '../../../src/records/influx/point.ts';
import { dumpRecordsSuite } from '../../contracts/dump-records.ts';
import { complete, emptyCatalogue, emptyOutbox } from '../../fakes/fleet-parts.ts';
import type { WritableRecords } from '../../fakes/mark-service.ts';
import { lacksInfluxDb3, type RealServer, startRealServer } from './real-server.ts';

// The suite of the records' contract on a real server, each way that its answers can come. MEMOIR_INFLUX=1 asks for all of it.

const patient = { firstMs: 60_000, restMs: 30_000 };
const isBrief = process.env.MEMOIR_INFLUX !== '1';

describe.skipIf(lacksInfluxDb3)('a real InfluxDB 3 Core', () => {
  const folder = mkdtempSync(join(tmpdir(), 'memoir-influxdb3-'));
  let server: RealServer;
  beforeAll(async () => {
    server = await startRealServer({ folder, authorised: true });
  });
  afterAll(async () => {
    await server.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /** A database of its own for each test; Core has room for five. `hidden` takes ways away. */
  const open = (source: Sourced['source'], hidden: Partial<InfluxClient>) => async () => {
    const database = `test-${randomUUID()}`;
    const { url, token } = server;
    const client = createInfluxClient({ url, database, token });
    const fleet = createFleetRecords({
      client: { ...client, ...hidden },
      catalogue: emptyCatalogue,
      outbox: emptyOutbox,
      completeness: complete,
      budgets: { page: patient, sums: patient },
    });
    // An answer that came another way than the one that is tested would prove nothing.
    const from = async <T extends Sourced>(asked: Promise<T>): Promise<T> => {
      const answer = await asked;
      // Where nothing can match, nothing is asked, and the answer names the first way: the one that is taken away here.
      const isUnasked = hidden.sql !== undefined && answer.source === 'INFLUX_SQL';
      if (answer.source !== source && !isUnasked) throw new Error(`${answer.source}: ${answer.warnings.join(' ')}`);
      return answer;
    };
    const records: WritableRecords = {
      get: fleet.get,
      page: (query) => from(fleet.page(query)),
      count: (filter) => from(fleet.count(filter)),
      stats: (filter) => from(fleet.stats(filter)),
      series: (filter) => from(fleet.series(filter)),
      machines: (filter) => from(fleet.machines(filter)),
      append: (record) =>
        client.write([
          toLine(record),
          ...(record.state === 'AVAILABLE' ? [] : toStateLines(record, record.state, 1e12)),
        ]),
      async mark(id, state) {
        const [record] = await fleet.get([id]);
        if (!record) return false;
        await client.write(toStateLines(record, state, 1e12));
        return true;
      },
    };
    return {
      records,
      async close() {
        await client.close();
        await server.request(`/api/v3/configure/database?db=${database}`, { method: 'DELETE' });
      },
    };
  };
  const refuse = async (): Promise<never> => {
    throw new InfluxError('REFUSED', 'not asked here');
  };
  const options = { nameKey: toTagValue, isSlow: true, isBrief };

  dumpRecordsSuite('a real InfluxDB 3 by SQL', open('INFLUX_SQL', {}), options);
  dumpRecordsSuite('a real InfluxDB 3 by InfluxQL', open('INFLUX_QL', { sql: refuse }), options);
  dumpRecordsSuite(
    'a real InfluxDB 3 by InfluxQL over HTTP',
    open('INFLUX_HTTP', { sql: refuse, influxql: refuse }),
    options,
  );
});
