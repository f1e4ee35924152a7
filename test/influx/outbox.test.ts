import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createInfluxClient } from '../../src/influx/influx-client.ts';
import { openOutbox } from '../../src/influx/outbox/open-outbox.ts';
import type { Outbox, OutboxStatus } from '../../src/influx/outbox/outbox.ts';
import type { SenderTimes } from '../../src/influx/outbox/sender.ts';
import { afterEffects } from '../../src/operations/after-effects.ts';
import { createSqliteJournal } from '../../src/operations/sqlite/journal.ts';
import type { Submission } from '../../src/operations/submission.ts';
import { toLine } from '../../src/records/influx/point.ts';
import { appendRecord, recordEffectWriters } from '../../src/records/record-effects.ts';
import { sampleRecord } from '../contracts/sample-records.ts';
import { type InfluxDouble, startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { openLineService } from '../fakes/line-service.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const times = { pollMs: 20, backOffMs: 5, maxBackOffMs: 40 };
const line = (number: number) => `mem_dumps,dom=web,vmid=1 sha256="${number}" ${1763109503000000000 + number * 1000}`;
const lines = (count: number) => Array.from({ length: count }, (_, number) => line(number));

let double: InfluxDouble;
let folder: string;
beforeEach(async () => {
  folder = temporaryFolder();
  double = await startInfluxDouble();
  onTestFinished(() => double.close());
});

async function open(options: { times?: SenderTimes; maxLines?: number } = {}) {
  const database = openSameThreadDatabase(join(folder, 'memoir.db'));
  const client = createInfluxClient({ url: double.url, database: 'vmstats', token: 'token' });
  const outbox = await openOutbox(database, client, options.times ?? times);
  const lineService = await openLineService(database, options.maxLines);
  const enqueue = async (key: string, texts: readonly string[]) => {
    await lineService.enqueue(key, texts);
    outbox.wake();
  };
  const close = async () => {
    await outbox.close();
    await client.close();
    await database.close();
  };
  onTestFinished(close);
  return { outbox, enqueue, close };
}

async function until(outbox: Outbox, condition: (status: OutboxStatus) => boolean): Promise<OutboxStatus> {
  for (;;) {
    const status = await outbox.status();
    if (condition(status)) return status;
    await setTimeout(5);
  }
}

const isDrained = ({ waiting, state }: OutboxStatus) => waiting === 0 && state === 'IDLE';

describe('the outbox', () => {
  it('sends what was put in, in order, each line once', async () => {
    const { outbox, enqueue } = await open();
    for (const text of lines(30)) await enqueue('key', [text]);
    const status = await until(outbox, isDrained);
    expect(double.store.taken).toEqual(lines(30));
    expect(status).toMatchObject({ dead: 0, overflowed: 0, reason: null, accepted: 30, waitingSinceMs: null });
  });

  it('waits for a server that is away, says so, and then sends everything in order', async () => {
    await double.stop();
    const { outbox, enqueue } = await open();
    for (const text of lines(40)) await enqueue('key', [text]);
    const status = await until(outbox, ({ state }) => state === 'RETRYING');
    expect(status).toMatchObject({ waiting: 40, reason: expect.stringContaining('ECONNREFUSED') });
    expect(status.nextAttemptAtMs).toBeGreaterThan(0);
    await double.start();
    await until(outbox, isDrained);
    expect(double.store.taken).toEqual(lines(40));
  });

  it('keeps the lines over its own end, in order', async () => {
    await double.stop();
    const first = await open();
    for (const text of lines(10)) await first.enqueue('key', [text]);
    await first.close();
    await double.start();
    const second = await open();
    await second.enqueue('key', [line(10)]);
    await until(second.outbox, isDrained);
    expect(double.store.taken).toEqual(lines(11));
  });

  it('sends the same bytes again when an answer is lost: still one point', async () => {
    let lost = 3;
    double.knobs.onWrite = () => (lost-- > 0 ? { taken: true, silence: 'DROP' } : null);
    const { outbox, enqueue } = await open();
    await enqueue('key', [line(1)]);
    await until(outbox, isDrained);
    expect(double.store.taken).toEqual([line(1), line(1), line(1), line(1)]);
    expect(double.store.table('vmstats', 'mem_dumps')?.rows.size).toBe(1);
  });

  it('buries a line that is refused for what it is, and lets the others pass in order', async () => {
    await double.stop();
    const { outbox, enqueue } = await open();
    const bad = 'mem_dumps,dom=web,vmid=1 sha256=5i 99000';
    const all = [...lines(9), bad, line(9), line(10)];
    for (const [at, text] of all.entries()) await enqueue(`record ${at}`, [text]);
    await double.start();
    const status = await until(outbox, isDrained);
    expect(double.store.taken).toEqual(lines(11));
    expect(status.dead).toBe(1);
    const [letter] = await outbox.deadLetters(10);
    expect(letter).toMatchObject({
      key: 'record 9',
      line: bad,
      reason: expect.stringContaining('invalid column type'),
    });
    expect(await outbox.deadLetters(10, letter?.seq)).toEqual([]);
  });

  it('sends dead letters again by command', async () => {
    double.knobs.onWrite = () => ({ status: 422, body: 'too many tables' });
    const { outbox, enqueue } = await open();
    for (const text of lines(3)) await enqueue('key', [text]);
    await until(outbox, ({ dead }) => dead === 3);
    double.knobs.onWrite = () => null;
    const letters = await outbox.deadLetters(10);
    expect(await outbox.retry([letters[1]?.seq as number, 12345])).toBe(1);
    await until(outbox, ({ dead, waiting }) => dead === 2 && waiting === 0);
    expect(await outbox.retry()).toBe(2);
    await until(outbox, ({ dead, waiting }) => dead + waiting === 0);
    expect(double.store.taken).toEqual([line(1), line(0), line(2)]);
  });

  it.each([
    [{ status: 400, body: '{"code":"invalid","message":"write buffer error: error from wal: disk"}' }],
    [{ status: 429 }],
    [{ status: 500 }],
    [{ silence: 'DROP' as const }],
  ])('does not bury a line for %j', async (trouble) => {
    let left = 4;
    double.knobs.onWrite = () => (left-- > 0 ? trouble : null);
    const { outbox, enqueue } = await open();
    await enqueue('key', [line(1)]);
    const status = await until(outbox, isDrained);
    expect(status).toMatchObject({ dead: 0, reason: null });
    expect(double.store.taken).toEqual([line(1)]);
  });

  it('pauses when the token is refused, says what to do, and goes on by command', async () => {
    double.knobs.token = 'another';
    const { outbox, enqueue } = await open({ times: { ...times, maxBackOffMs: 60_000 } });
    await enqueue('key', [line(1)]);
    const status = await until(outbox, ({ state }) => state === 'PAUSED');
    expect(status).toMatchObject({ waiting: 1, dead: 0, mend: expect.stringContaining('INFLUX_TOKEN') });
    double.knobs.token = 'token';
    expect(await outbox.retry()).toBe(0);
    await until(outbox, isDrained);
    expect(double.store.taken).toEqual([line(1)]);
  });

  it('waits as long as the server asks for, whatever else comes in', async () => {
    double.knobs.onWrite = () => ({ status: 503, headers: { 'retry-after': '3600' } });
    const { outbox, enqueue } = await open();
    await enqueue('key', [line(1)]);
    const status = await until(outbox, ({ state }) => state === 'RETRYING');
    expect((status.nextAttemptAtMs as number) - Date.now()).toBeGreaterThan(3_000_000);
    await enqueue('key', [line(2)]);
    outbox.wake();
    await setTimeout(50);
    expect(await outbox.status()).toMatchObject({ state: 'RETRYING', nextAttemptAtMs: status.nextAttemptAtMs });
  });

  it('is bounded: what does not fit is counted, and nothing fails', async () => {
    await double.stop();
    const { outbox, enqueue } = await open({ maxLines: 5 });
    for (const text of lines(8)) await enqueue('key', [text]);
    expect(await outbox.status()).toMatchObject({ waiting: 5, overflowed: 3 });
    await double.start();
    await until(outbox, isDrained);
    expect(double.store.taken).toEqual(lines(5));
    await outbox.forgetOverflow();
    expect((await outbox.status()).overflowed).toBe(0);
  });

  it('sends much at once, but no body that is larger than the server takes', async () => {
    const sizes: number[] = [];
    double.knobs.onWrite = (batch) => {
      sizes.push(batch.join('\n').length);
      return null;
    };
    await double.stop();
    const { outbox, enqueue } = await open();
    const long = Array.from(
      { length: 120 },
      (_, at) => `mem_dumps,dom=x,vmid=1 sha256="${'x'.repeat(20_000)}" ${at + 1}`,
    );
    await enqueue('key', long);
    await double.start();
    await until(outbox, isDrained);
    expect(double.store.taken).toEqual(long);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(512 * 1024);
    expect(sizes.length).toBeLessThan(10);
  });

  it('tells who asks when everything was sent, or that it cannot be sent now', async () => {
    const { outbox, enqueue } = await open();
    await enqueue('a', [line(1), line(2)]);
    await outbox.settled(10_000);
    expect((await outbox.status()).waiting).toBe(0);
    await double.stop();
    await enqueue('b', [line(3)]);
    await enqueue('c', [line(4)]);
    await outbox.settled(10_000);
    expect(await outbox.held(10)).toEqual({ waiting: ['b', 'c'], dead: [], more: false, overflowed: 0 });
    expect(await outbox.held(1)).toMatchObject({ waiting: ['b'], more: true });
  });

  it('sends what an effect of the journal puts in at the end of its transaction, without a look by the clock', async () => {
    const database = openSameThreadDatabase(join(folder, 'memoir.db'));
    const client = createInfluxClient({ url: double.url, database: 'vmstats', token: '' });
    const outbox = await openOutbox(database, client, { ...times, pollMs: 2 ** 30 });
    onTestFinished(async () => {
      await outbox.close();
      await client.close();
      await database.close();
    });
    const journal = afterEffects(
      await createSqliteJournal(database, [recordEffectWriters({ publish: true })]),
      outbox.wake,
    );
    await outbox.settled(10_000);
    const record = sampleRecord(1);
    const submission: Submission = { kind: 'DUMP', subjects: ['vm:1'], request: {}, message: '' };
    await journal.submit(
      [submission],
      { actor: 'test' },
      { ids: [record.id], nodeId: 'node-1', host: 'host-1', atMs: 1 },
    );
    await journal.transition({ id: record.id, from: 'QUEUED', to: 'RUNNING', atMs: 2 });
    const effects = [appendRecord.of(record)];
    await journal.transition({ id: record.id, from: 'RUNNING', to: 'COMPLETED', atMs: 3, effects });
    await expect.poll(() => double.store.taken).toEqual([toLine(record)]);
  });

  it('ends at once while a write hangs', async () => {
    double.knobs.onWrite = () => ({ silence: 'HANG' });
    const { outbox, enqueue, close } = await open();
    await enqueue('key', [line(1)]);
    await until(outbox, ({ state }) => state === 'SENDING');
    await close();
  });
});
