import { describe, expect, it } from 'vitest';
import type { Services } from '../../src/graphql/context.ts';
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

describe.each(transports)('over %s', (name, send) => {
  it('an unexpected error is masked, and logged once under the reference that the caller gets', async () => {
    const { url, log } = await startTestServer({ wrap: broken });
    const answer = await send(url, '{ vms { id } }');
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'INTERNAL', hint: expect.any(String) });
    const reference = answer.errors?.[0]?.extensions.details.reference;
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatchObject({ level: 'error', fields: { reference, err: { message: secret } } });
  });

  it.skipIf(name === 'HTTP')('so is one of a subscription', async () => {
    const { url, log } = await startTestServer({ wrap: broken });
    const answer = await send(url, 'subscription { vmChanges { id } }');
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(answer.errors?.[0]?.extensions.code).toBe('INTERNAL');
    expect(log.lines).toHaveLength(1);
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
