import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { createInfluxClient } from '../../src/influx/influx-client.ts';
import { toTagValue } from '../../src/influx/tag-text.ts';
import { createFleetRecords } from '../../src/records/influx/fleet-records.ts';
import { toLine, toStateLines } from '../../src/records/influx/point.ts';
import { dumpRecordsSuite } from '../contracts/dump-records.ts';
import { complete, emptyCatalogue, emptyOutbox } from '../fakes/fleet-parts.ts';
import { type InfluxDouble, startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { type Influxd, startInfluxd } from '../fakes/influxdb3/influxd.ts';
import type { WritableRecords } from '../fakes/mark-service.ts';
import { lacks } from '../system.ts';
import { thorough } from '../thorough.ts';

const patient = { firstMs: 20_000, restMs: 10_000 };

/** The fleet's records of a server that made none of them: another one writes the points, everything is read from InfluxDB. */
function openFleet(prepare: (double: InfluxDouble) => void, influxd: () => Influxd | null = () => null) {
  return async () => {
    const double = await startInfluxDouble(influxd());
    prepare(double);
    const client = createInfluxClient({ url: double.url, database: `test-${randomUUID()}`, token: '' });
    const fleet = createFleetRecords({
      client,
      catalogue: emptyCatalogue,
      outbox: emptyOutbox,
      completeness: complete,
      budgets: { page: patient, sums: patient },
    });
    const records: WritableRecords = {
      ...fleet,
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
        await double.close();
      },
    };
  };
}

const options = { nameKey: toTagValue, isSlow: true };

dumpRecordsSuite(
  'InfluxDB 3 by SQL',
  openFleet(() => {}),
  { ...options, isBrief: !thorough },
);

const refuseSql = ({ knobs }: InfluxDouble) => {
  knobs.onFlight = ({ language }) => (language === 'sql' ? { code: 12, message: 'SQL is not implemented' } : null);
};
// Every day each language is asked once, InfluxQL by a real server of it; MEMOIR_INFLUX=1 adds the other ways to the same answers.
const everyWay = process.env.MEMOIR_INFLUX === '1';
if (everyWay) dumpRecordsSuite('InfluxDB 3 by InfluxQL', openFleet(refuseSql), options);

describe.skipIf(lacks('influxd'))('with a real InfluxQL server', () => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd();
  });
  afterAll(() => influxd.close());

  dumpRecordsSuite(
    'influxd by InfluxQL',
    openFleet(refuseSql, () => influxd),
    { ...options, isBrief: !everyWay },
  );

  // Refused at once. That a Flight which is silent or unreachable leads here too is the client's test, and takes its time.
  const refuseFlight = ({ knobs }: InfluxDouble) => {
    knobs.onFlight = () => ({ code: 12, message: 'Flight is not implemented' });
  };
  if (everyWay)
    dumpRecordsSuite(
      'influxd by InfluxQL over HTTP',
      openFleet(refuseFlight, () => influxd),
      options,
    );
});
