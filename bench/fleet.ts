import { createInfluxClient } from '../src/influx/influx-client.ts';
import type { DumpRecords, RecordOrder } from '../src/records/dump-records.ts';
import { createFleetRecords } from '../src/records/influx/fleet-records.ts';
import { startInfluxDouble } from '../test/fakes/influxdb3/double.ts';
import { fillSlots } from '../test/fakes/influxdb3/slots.ts';

// npm run bench -- fleet [slots]: records read from InfluxDB where each lies in a file of its own and a query may open 432 of
// them: how many queries an answer takes, and how long. The server is the tests' double, so the times are ours and the
// double's; a real server adds its own for each query.

const newest: RecordOrder = { by: 'TIME', direction: 'DESC' };

export async function run(args: readonly string[]): Promise<void> {
  const [slots = 5_000] = args.map(Number);
  const double = await startInfluxDouble();
  const client = createInfluxClient({ url: double.url, database: 'vmstats', token: '' });
  const nowUs = Date.now() * 1000;
  const written = fillSlots(double, 'vmstats', slots, nowUs);
  // This server has recorded nothing itself.
  const catalogue = { get: async (ids: readonly string[]) => ids.map(() => null) } as unknown as DumpRecords;
  const outbox = { settled: async () => {}, waitingKeys: async () => [], wake() {} };
  const patient = { firstMs: 60_000, restMs: 1 };
  const fleet = createFleetRecords({ client, catalogue, outbox, budgets: { page: patient, sums: patient } });

  const questions: Record<string, () => Promise<{ readonly source: string; readonly warnings: readonly string[] }>> = {
    'the newest 50': () => fleet.page({ filter: {}, order: newest, limit: 50 }),
    'the oldest 50': () => fleet.page({ filter: {}, order: { by: 'TIME', direction: 'ASC' }, limit: 50 }),
    'the 50 of a day in the middle': () => {
      const untilUs = nowUs - slots * 300_000_000;
      return fleet.page({ filter: { fromUs: untilUs - 86_400_000_000, untilUs }, order: newest, limit: 50 });
    },
    'one by its hash': () => fleet.page({ filter: { search: written.at(-1)?.sha256 ?? '' }, order: newest, limit: 50 }),
    'the largest 50': () => fleet.page({ filter: {}, order: { by: 'SIZE', direction: 'DESC' }, limit: 50 }),
    'statistics of all': () => fleet.stats({}),
    'days of all': async () => {
      await fleet.series({});
      return { source: '', warnings: [] };
    },
  };
  console.log(`${slots} records in as many files, ${double.knobs.fileLimit} files a query`);
  for (const [name, ask] of Object.entries(questions)) {
    double.queries.length = 0;
    const started = performance.now();
    const { source, warnings } = await ask();
    const ms = performance.now() - started;
    console.log(
      `  ${name.padEnd(32)}${String(double.queries.length).padStart(4)} queries ${ms.toFixed(0).padStart(6)} ms  ${source} ${warnings.join('; ')}`,
    );
  }
  await client.close();
  await double.close();
}
