import { getNamedType, isObjectType, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/graphql/context.ts';
import { schema } from '../../src/graphql/schema.ts';
import { SharedResults, toJson } from '../../src/graphql/shared-results.ts';
import { type Answer, ask, follow, listen, next } from '../fakes/graphql-client.ts';
import { startTestServer } from '../fakes/server.ts';

const contextOf = (role: string) => ({ actor: { name: 'x', role } }) as RequestContext;
const question = { document: parse('{ a }'), operationName: null, variables: { n: 1 }, context: contextOf('VIEWER') };

describe('shared results', () => {
  it('are executed once for the same question to the same event', async () => {
    const shared = new SharedResults();
    const event = {};
    let executed = 0;
    const execute = async () => ({ data: { n: ++executed } });
    const answers = await Promise.all([1, 2, 3].map(() => shared.answer(event, shared.keyOf(question), execute)));
    expect(executed).toBe(1);
    expect(new Set(answers).size).toBe(1);
    expect(toJson(answers[0]!)).toBe('{"data":{"n":1}}');
    await shared.answer({}, shared.keyOf(question), execute);
    expect(executed).toBe(2);
  });

  it('are not shared between documents, operations, variables or roles', () => {
    const shared = new SharedResults();
    const keys = [
      question,
      { ...question, document: parse('{ a }') },
      { ...question, operationName: 'A' },
      { ...question, variables: { n: 2 } },
      { ...question, context: contextOf('ADMIN') },
    ].map((one) => shared.keyOf(one));
    expect(new Set(keys).size).toBe(keys.length);
    expect(shared.keyOf({ ...question, variables: { n: 1 } })).toBe(keys[0]);
  });

  it('may be shared by role: nothing that a subscription reaches depends on who the actor is', () => {
    const reached = new Set<string>();
    const visit = (name: string) => {
      const type = schema.getType(name);
      if (!isObjectType(type) || reached.has(name)) return;
      reached.add(name);
      for (const field of Object.values(type.getFields())) visit(getNamedType(field.type).name);
    };
    visit('Subscription');
    expect(reached).toContain('DumpProgress');
    // The types that show the actor, or that depend on it, would have to be added to the key.
    for (const name of ['Session', 'Token', 'AuditRecord']) expect(reached).not.toContain(name);
  });
});

describe('many identical subscriptions', () => {
  it('cost one execution for each event, over both transports together, and each gets it', async () => {
    let loaded = 0;
    const server = await startTestServer({
      wrap: (services) => ({
        ...services,
        records: {
          ...services.records,
          get: (ids) => {
            loaded += 1;
            return services.records.get(ids);
          },
        },
      }),
    });
    await ask(server.url, 'mutation { triggerDumps(input: { vms: ["vm-1"] }) { accepted { id } } }');
    const run = await server.dumping.next();
    const query = 'subscription { dumpProgress { final dump { id record { id } } } }';
    const streams = Array.from({ length: 20 }, (_, n) => (n % 2 ? follow : listen)(server.url, query));
    await Promise.all(streams.map(next));
    loaded = 0;
    run.finish();
    const ends = await Promise.all(
      streams.map(async (stream) => {
        let answer: Answer;
        do answer = await next(stream);
        while (!answer.data.dumpProgress.final);
        return answer.data.dumpProgress.dump.id;
      }),
    );
    expect(new Set(ends).size).toBe(1);
    expect(loaded).toBe(1);
  });
});
