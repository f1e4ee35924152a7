import { getNullableType, isListType, isNonNullType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { schema } from '../../src/graphql/schema.ts';
import { ask } from '../fakes/graphql-client.ts';
import { startTestServer } from '../fakes/server.ts';

const trigger = 'mutation { triggerDumps(input: { machines: { names: ["vm-1"] } }) { accepted { id } } }';

describe('a root that fails', () => {
  it('erases no other: a cancellation beside a refused one is told', async () => {
    const { url, dumping } = await startTestServer();
    const { id } = (await ask(url, trigger)).data.triggerDumps.accepted[0];
    await dumping.next();
    const both = `mutation($id: ID!) {
      a: cancelDump(id: $id) { dump { id cancelRequested } errors { code } }
      b: cancelDump(id: "nope") { dump { id } errors { code message hint retryable } }
    }`;
    expect(await ask(url, both, { id })).toEqual({
      data: {
        a: { dump: { id, cancelRequested: true }, errors: [] },
        b: {
          dump: null,
          errors: [
            {
              code: 'NOT_FOUND',
              message: 'there is no dump nope',
              hint: expect.any(String),
              retryable: false,
            },
          ],
        },
      },
    });
  });

  it('leaves what was asked beside it, also where the failure is nobody’s fault', async () => {
    const { url, hypervisor } = await startTestServer();
    hypervisor.list = () => Promise.reject(new MemoirError('HYPERVISOR_UNAVAILABLE', 'libvirtd is away'));
    const answer = await ask(url, '{ vms { id } service { hypervisor { uri } } session { name } }');
    expect(answer.data).toMatchObject({ vms: null, service: { hypervisor: {} }, session: { name: 'local' } });
    expect(answer.errors).toMatchObject([{ path: ['vms'], extensions: { code: 'HYPERVISOR_UNAVAILABLE' } }]);
    const refused = await ask(
      url,
      'mutation { triggerDumps(input: { machines: { all: true } }) { errors { code retryable } } }',
    );
    expect(refused).toEqual({
      data: { triggerDumps: { errors: [{ code: 'HYPERVISOR_UNAVAILABLE', retryable: true }] } },
    });
  });

  it('leaves the other machines, where one of them cannot be forecast', async () => {
    const { url, hypervisor } = await startTestServer();
    const { captureOptions } = hypervisor;
    hypervisor.captureOptions = (machine) =>
      machine.name === 'vm-2'
        ? Promise.reject(new MemoirError('HYPERVISOR_REFUSED', 'not this one'))
        : captureOptions.call(hypervisor, machine);
    const { data, errors } = await ask(url, '{ vms { name captureOptions { automatic } } }');
    expect(data.vms).toMatchObject([{ captureOptions: {} }, { captureOptions: null }, { captureOptions: {} }]);
    expect(errors).toMatchObject([{ path: ['vms', 1, 'captureOptions'] }]);
  });

  it('is null by itself: no root but the caller’s own session is promised', () => {
    const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.values(type?.getFields() ?? {}),
    );
    const promised = fields.filter(({ type }) => isNonNullType(type)).map(({ name }) => name);
    expect(promised).toEqual(['session']);
  });
});

describe('a mutation', () => {
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

  it.each(mutations.map((field) => [field.name, field] as const))(
    '%s answers a payload with typed errors',
    (_, field) => {
      const payload = getNullableType(field.type);
      expect(isObjectType(payload) && payload.name).toMatch(/Payload$/);
      const fields = isObjectType(payload) ? payload.getFields() : {};
      expect(String(fields.errors?.type)).toBe('[MutationError!]!');
      // What the mutation made is null where it failed; lists are empty then.
      for (const { name, type } of Object.values(fields)) {
        if (name !== 'errors' && isNonNullType(type)) expect(isListType(getNullableType(type)), name).toBe(true);
      }
    },
  );
});
