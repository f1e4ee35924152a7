import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

// Fault 22: someone, or a time server, sets the wall clock by days while the server works.

const preload = new URL('../fakes/set-clock.ts', import.meta.url).href;
const dayMs = 86_400_000;

const trigger = `mutation ($vm: String!, $key: String) {
  triggerDumps(input: { vms: [$vm], idempotencyKey: $key }) { accepted { id } rejected { message } }
}`;
const dumpOf =
  '($id: ID!) { dump(id: $id) { state error { code } progress { doneBytes } createdAt durationSec record { durationSec state } } }';

async function startWithClock(variables: Record<string, string>) {
  const folder = temporaryFolder();
  const file = join(temporaryFolder(), 'clock');
  const set = (aheadMs: number) => {
    // In one step: half of a number is another number.
    writeFileSync(`${file}.new`, String(aheadMs));
    renameSync(`${file}.new`, file);
  };
  set(0);
  const server = await startServer(folder, { NODE_OPTIONS: `--import ${preload}`, CLOCK_FILE: file, ...variables });
  const dump = async (id: string) => (await server.query(`query ${dumpOf}`, { id })).dump;
  const start = async (vm: string, key: string): Promise<string> => {
    const { accepted, rejected } = (await server.query(trigger, { vm, key })).triggerDumps;
    expect(rejected).toEqual([]);
    return accepted[0].id;
  };
  return {
    ...server,
    folder,
    set,
    start,
    /** Dumps a machine, sets the clock in the middle, and answers the dump when it has ended. */
    async dumpAcross(vm: string, key: string, aheadMs: number) {
      const id = await start(vm, key);
      await expect.poll(async () => (await dump(id)).progress?.doneBytes ?? 0, { timeout: 20_000 }).toBeGreaterThan(0);
      set(aheadMs);
      await expect.poll(async () => (await dump(id)).state, { timeout: 30_000 }).not.toBe('RUNNING');
      return { id, ...(await dump(id)) };
    },
  };
}

it.runIf(thorough)(
  'a clock set by three days, forwards and backwards, in the middle of dumps: none fails, none lasts for days, none is lost',
  async () => {
    const double = await startInfluxDouble();
    onTestFinished(() => double.close());
    const server = await startWithClock({ DEMO_SPEED: '200', INFLUX_URL: double.url });
    const outbox = async () => (await server.query('{ service { influx { state waiting } } }')).service.influx;

    const first = await server.dumpAcross('web-01', 'first', 3 * dayMs);
    const second = await server.dumpAcross('web-01', 'second', -3 * dayMs);
    for (const dump of [first, second]) {
      expect(dump).toMatchObject({ state: 'COMPLETED', error: null, record: { state: 'AVAILABLE' } });
      expect(dump.record.durationSec).toBeGreaterThan(0);
      expect(dump.record.durationSec).toBeLessThan(30);
      expect(dump.durationSec).toBe(dump.record.durationSec);
    }
    await expect.poll(outbox, { timeout: 20_000 }).toMatchObject({ state: 'IDLE', waiting: 0 });
    await double.stop();
    const third = await server.dumpAcross('web-01', 'third', -3 * dayMs);
    // The clock was what it was set to: the third began days before the second one did.
    expect(Date.parse(second.createdAt) - Date.parse(third.createdAt)).toBeGreaterThan(5 * dayMs);

    // Order is by sequence, whatever the times say; and nothing was forgotten.
    const {
      events: log,
      dumps,
      dumpRecords,
    } = await server.query(
      '{ events(after: "0", first: 100) { nodes { seq type operationId } } dumps(first: 10) { nodes { id } } dumpRecords(first: 10) { totalCount } }',
    );
    const events = log.nodes;
    expect(events.map(({ seq }: { seq: number }) => seq)).toEqual(events.map((_: unknown, index: number) => index + 1));
    const ends = events.filter(({ type }: { type: string }) => type === 'COMPLETED');
    expect(ends.map(({ operationId }: { operationId: string }) => operationId)).toEqual([
      first.id,
      second.id,
      third.id,
    ]);
    expect(dumps.nodes.map(({ id }: { id: string }) => id)).toEqual([third.id, second.id, first.id]);
    expect(dumpRecords.totalCount).toBe(3);
    const files = readdirSync(join(server.folder, 'dumps'), { recursive: true, encoding: 'utf8' });
    for (const { id } of [first, second, third]) expect(files.filter((name) => name.includes(id))).toHaveLength(2);
    expect(await server.start('web-01', 'first')).toBe(first.id);

    // What waits for InfluxDB waits by the clock that nobody sets: not for the days that the other one was set back by.
    await expect.poll(outbox, { timeout: 20_000 }).toMatchObject({ state: 'RETRYING', waiting: 1 });
    server.set(-30 * dayMs);
    await double.start();
    await expect.poll(outbox, { timeout: 60_000 }).toMatchObject({ state: 'IDLE', waiting: 0 });
    expect(double.store.table('vmstats', 'mem_dumps')?.rows.size).toBe(3);

    const health = (await (await fetch(new URL('/health', server.url))).json()) as { uptime_sec: number };
    expect(health.uptime_sec).toBeGreaterThanOrEqual(0);
    expect(health.uptime_sec).toBeLessThan(600);
    expect(await server.end('SIGTERM')).toBe(0);
  },
  150_000,
);
