import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom, hostileNames, sampleRecord } from '../contracts/sample-records.ts';
import { ask } from '../fakes/graphql-client.ts';
import { machine, machineId } from '../fakes/machines.ts';
import { openTestServer, type TestServer } from '../fakes/open-server.ts';
import { broken, randomQuery } from '../fakes/random-query.ts';
import { thorough } from '../thorough.ts';

const queries = thorough ? 300 : 100;

// Whatever is asked: an answer or a coded refusal, never an error of ours, and never one that does not come back.

describe('queries made up from the schema', () => {
  let server: TestServer;
  const texts = ['vm-1', machineId(1), '1', 'x', '', '0', ...hostileNames];

  beforeAll(async () => {
    const machines = hostileNames.map((name, index) => machine(index, { name }));
    server = await openTestServer({
      machines: [machine(100, { name: 'vm-1' }), ...machines],
      limits: { deadlineMs: 10_000 },
    });
    for (let number = 1; number <= 20; number++)
      await server.records.append(sampleRecord(number, { dom: texts[number] ?? 'x' }));
    await ask(server.url, 'mutation { triggerDumps(input: { all: true }) { accepted { id } } }');
    (await server.dumping.next()).finish();
  });
  afterAll(() => server.close());

  async function send(query: string): Promise<void> {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query }),
    });
    expect(response.status, query).toBeLessThan(500);
    const { errors = [] } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    for (const { extensions } of errors)
      expect(['INTERNAL', 'TIMEOUT', undefined], query).not.toContain(extensions.code);
  }

  it(`are answered, ${queries} of them`, async () => {
    const random = createRandom(1);
    for (let count = 0; count < queries; count++) await send(randomQuery(random, texts));
    expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it(`are refused where they make no sense, ${queries} of them`, async () => {
    const random = createRandom(2);
    for (let count = 0; count < queries; count++) await send(broken(random, randomQuery(random, texts)));
    expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
