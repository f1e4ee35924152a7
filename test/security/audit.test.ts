import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { anyDocument } from '../fakes/any-document.ts';
import { type Answer, ask, codeOf, follow, listen, next } from '../fakes/graphql-client.ts';
import { openTestServer, type TestServer } from '../fakes/open-server.ts';

// Faults 23 and 30: of many triggers of one machine one is a dump; and what cannot be written down is not done.

const transports: [string, (url: string, query: string) => Promise<Answer>][] = [
  ['HTTP', (url, query) => ask(url, query)],
  ['server-sent events', (url, query) => next(listen(url, query))],
  ['WebSocket', (url, query) => next(follow(url, query)).catch((errors) => ({ errors }))],
];

describe.each(transports)('over %s', (_, send) => {
  it('50 triggers of one machine at once are one dump and 49 times ALREADY_ACTIVE', async () => {
    const server = await openTestServer();
    try {
      const trigger =
        'mutation { triggerDumps(input: { vms: ["vm-1"] }) { accepted { id } rejected { code activeDump { id } } } }';
      const answers = await Promise.all(Array.from({ length: 50 }, () => send(server.url, trigger)));
      const accepted = answers.flatMap(({ data }) => data.triggerDumps.accepted);
      expect(accepted).toHaveLength(1);
      const rejected = answers.flatMap(({ data }) => data.triggerDumps.rejected);
      expect(rejected).toHaveLength(49);
      for (const one of rejected) expect(one).toEqual({ code: 'ALREADY_ACTIVE', activeDump: accepted[0] });
      expect((await server.access.auditLog({ limit: 100 })).totalCount).toBe(50);
    } finally {
      await server.close();
    }
  });

  describe('where the audit cannot be written', () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await openTestServer({
        wrap: (services) => ({
          ...services,
          access: {
            ...services.access,
            required: false,
            audit: () => Promise.reject(new Error('database or disk is full')),
          },
        }),
      });
    });
    afterAll(() => server.close());

    const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

    it.each(mutations.map((field) => [field.name, field] as const))('%s is refused, and not done', async (_, field) => {
      const answer = await send(server.url, anyDocument('Mutation', field));
      expect(codeOf(answer), JSON.stringify(answer)).toBe('INTERNAL');
      expect(JSON.stringify(answer)).not.toContain('disk is full');
      expect(await server.operations.bounds()).toEqual({ first: 1, last: 0 });
      expect(await server.access.tokens()).toEqual([]);
    });
  });
});
