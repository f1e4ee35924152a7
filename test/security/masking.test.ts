import { describe, expect, it } from 'vitest';
import type { Services } from '../../src/graphql/services.ts';
import { type Answer, ask, follow, listen, next } from '../fakes/graphql-client.ts';
import { startTestServer } from '../fakes/server.ts';

const secret = 'password=hunter2 at /etc/shadow';

/** A server whose machines cannot be listed, for a reason that nobody outside may read. */
const broken = (services: Services): Services => ({
  ...services,
  hypervisor: new Proxy(services.hypervisor, {
    get: (target, key) => {
      if (key === 'list') return () => Promise.reject(new Error(secret));
      if (key === 'watch')
        return () => {
          throw new Error(secret);
        };
      return Reflect.get(target, key).bind?.(target) ?? Reflect.get(target, key);
    },
  }),
});

const transports: [string, (url: string, query: string) => Promise<Answer>][] = [
  ['HTTP', (url, query) => ask(url, query)],
  ['server-sent events', (url, query) => next(listen(url, query))],
  ['WebSocket', (url, query) => next(follow(url, query)).catch((errors) => ({ errors }))],
];

describe.each(transports)('over %s', (_name, send) => {
  it('an unexpected error is masked, and logged once under the reference that the caller gets', async () => {
    const { url, log } = await startTestServer({ wrap: broken });
    const answer = await send(url, '{ vms { id } }');
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'INTERNAL', hint: expect.any(String) });
    const reference = answer.errors?.[0]?.extensions.details.reference;
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatchObject({ level: 'error', fields: { reference, err: { message: secret } } });
  });

  it('a mistake of the caller has a code and no suggestions', async () => {
    const { url, log } = await startTestServer();
    for (const query of [
      '{ vmz { id } }',
      '{ vms(state: RUNING) { id } }',
      'query($s: MachineStat) { vms { id } }',
      '{',
    ]) {
      const { errors } = await send(url, query);
      expect(errors?.[0]?.extensions.code).toBe('BAD_INPUT');
      expect(JSON.stringify(errors)).not.toMatch(/did you mean/i);
      expect(JSON.stringify(errors)).not.toMatch(/stack|node_modules|\.ts:/);
    }
    expect(log.lines).toEqual([]);
  });

  it('a query that does not come back is given up', async () => {
    const { url } = await startTestServer({
      limits: { deadlineMs: 100 },
      wrap: (services) => ({ ...services, records: { ...services.records, count: () => new Promise(() => {}) } }),
    });
    const { errors } = await send(url, '{ dumpRecords { totalCount } }');
    expect(errors?.[0]?.extensions.code).toBe('TIMEOUT');
  });
});

const streams = [
  ['server-sent events', listen],
  ['WebSocket', follow],
] as const;

describe.each(streams)('over %s', (_name, open) => {
  const failure = (promise: Promise<Answer>) => promise.catch((errors) => ({ errors }) as Answer);

  it('a subscription that cannot begin is masked, and logged once', async () => {
    const { url, log } = await startTestServer({ wrap: broken });
    const answer = await failure(next(open(url, 'subscription { vmChanges { id } }')));
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(answer.errors?.[0]?.extensions.code).toBe('INTERNAL');
    expect(log.lines).toHaveLength(1);
  });

  it('so is one that fails later', async () => {
    const { url, log } = await startTestServer({
      wrap: (services) => ({
        ...services,
        operations: {
          ...services.operations,
          watchEvents: (after) => {
            const stream = services.operations.watchEvents(after);
            let count = 0;
            const fails = async () => (count++ === 0 ? stream.next() : Promise.reject(new Error(secret)));
            return {
              next: fails,
              return: () => stream.return!(),
              [Symbol.asyncIterator]() {
                return this;
              },
            };
          },
        },
      }),
    });
    await ask(url, 'mutation { triggerDumps(input: { vms: ["vm-1"] }) { accepted { id } } }');
    const stream = open(url, 'subscription { operationEvents(after: "0") { seq } }');
    expect((await next(stream)).data.operationEvents.seq).toBe(1);
    const answer = await failure(next(stream));
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code: 'INTERNAL',
      details: { reference: expect.any(String) },
    });
    expect(log.lines.filter(({ message }) => message === 'unexpected error')).toHaveLength(1);
  });
});
