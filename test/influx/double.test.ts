import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { exchanges, type Stage, spread, written } from '../fakes/influxdb3/exchanges.ts';

// docs/transcripts/influxdb3.md is what a real InfluxDB 3 answered (test/integration/influxdb3/transcript.test.ts asks one again).
// The double has to answer the same: what it makes believe, all tests of records believe.

const page = readFileSync(new URL('../../docs/transcripts/influxdb3.md', import.meta.url), 'utf8');

/** What the double does otherwise, and why. Nor has it a pool of memory: tests that need that answer set it. */
const otherwise: readonly (readonly [RegExp, string])[] = [
  [/^SQL over HTTP/, 'Memoir asks nothing by /api/v3/query_sql.'],
  [/tag that is there twice|tag was there twice/, 'The real one takes such a line and can read the table no more.'],
];

const stages = { PLAIN: [], MANY_FILES: spread(Date.now()) } satisfies Partial<Record<Stage, string[]>>;

it.each(['PLAIN', 'MANY_FILES'] as const)('answers as the real one: %s', async (stage) => {
  const double = await startInfluxDouble();
  onTestFinished(() => double.close());
  if (stage === 'PLAIN') double.knobs.token = 'token';
  double.store.write('vmstats', stages[stage].join('\n'), false, 0n);
  const differs: string[] = [];
  for (const exchange of exchanges.filter(
    (one) => one.stage === stage && !otherwise.some(([title]) => title.test(one.title)),
  )) {
    const answer = written(exchange, await exchange.ask({ url: double.url, token: 'token' }));
    if (!page.includes(`${answer}\n\n`)) differs.push(answer);
  }
  expect(differs).toEqual([]);
});
