import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createInfluxClient } from '../../../src/influx/influx-client.ts';
import { bulk, type Exchange, exchanges, page, type Stage, spread } from '../../fakes/influxdb3/exchanges.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { lacksInfluxDb3, type RealServer, startRealServer } from './real-server.ts';

// docs/transcripts/influxdb3.md says what a real InfluxDB 3 Core answers. This asks one again; MEMOIR_TRANSCRIPT=1 writes its
// answers into the page. test/influx/double.test.ts holds the double to the same page.

const path = new URL('../../../docs/transcripts/influxdb3.md', import.meta.url).pathname;
const startOf: Record<Stage, () => Promise<RealServer>> = {
  PLAIN: () => startRealServer({ folder: temporaryFolder(), authorised: true }),
  async MANY_FILES() {
    const server = await startRealServer({ folder: temporaryFolder(), options: ['--wal-snapshot-size', '1'] });
    const client = createInfluxClient({ url: server.url, database: 'vmstats', token: '' });
    await client.write(spread(Date.now()));
    // What is in the WAL becomes files when there is more of it.
    const isLimited = () =>
      client.sql({ text: 'SELECT count(*) AS n FROM f' }).then(
        () => false,
        () => true,
      );
    while (!(await isLimited())) await client.write([`nudge n=1 ${Date.now()}000000`]);
    await client.close();
    return server;
  },
  async LITTLE_MEMORY() {
    const server = await startRealServer({ folder: temporaryFolder(), options: ['--exec-mem-pool-bytes', '1'] });
    const client = createInfluxClient({ url: server.url, database: 'vmstats', token: '' });
    for (let from = 0; from < 20_000; from += 2_000) await client.write(bulk(from));
    await client.close();
    return server;
  },
};

describe.skipIf(lacksInfluxDb3)('the transcript of InfluxDB 3', { timeout: 120_000 }, () => {
  it('says what the real one answers', async () => {
    const answers = new Map<Exchange, string>();
    for (const stage of ['PLAIN', 'MANY_FILES', 'LITTLE_MEMORY'] as const) {
      const server = await startOf[stage]();
      onTestFinished(() => server.end('SIGKILL'));
      for (const exchange of exchanges.filter((one) => one.stage === stage))
        answers.set(exchange, await exchange.ask(server));
      await server.end('SIGKILL');
    }
    const [before, written, after] = readFileSync(path, 'utf8').split(/^(?=## HTTP$|## What follows for Memoir$)/m);
    if (process.env.MEMOIR_TRANSCRIPT === '1') writeFileSync(path, `${before}${page(answers)}${after}`);
    else expect(page(answers)).toBe(written);
  });
});
