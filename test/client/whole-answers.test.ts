import { Client, fetchExchange } from '@urql/core';
import { describe, expect, it } from 'vitest';
import { problemOf } from '../../client/api/problem.ts';
import { wholeAnswers } from '../../client/api/whole-answers.ts';

/** A client whose server always gives this answer. */
function answering(answer: object): Client {
  return new Client({
    url: 'http://server/graphql',
    preferGetMethod: false,
    exchanges: [wholeAnswers(), fetchExchange],
    fetch: async () => new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } }),
  });
}

describe('an answer', () => {
  it('is taken as it is when it is whole', async () => {
    const data = { cancelDump: { dump: { id: '1' }, errors: [] } };
    const { data: taken, error } = await answering({ data }).mutation('mutation { cancelDump { dump { id } } }', {});
    expect([taken, error]).toEqual([data, undefined]);
  });

  it('is no data when one of its roots failed: what is generated says that it is there', async () => {
    const failed = { message: 'libvirtd is away', path: ['vms'], extensions: { code: 'HYPERVISOR_UNAVAILABLE' } };
    const client = answering({ data: { vms: null, service: { version: '1' } }, errors: [failed] });
    const { data, error } = await client.query('{ vms { id } service { version } }', {});
    expect(data).toBeUndefined();
    expect(error && problemOf(error)).toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE', message: 'libvirtd is away' });
  });

  it('is a refusal when the payload of a mutation says so', async () => {
    const refusal = { code: 'ALREADY_FINISHED', message: 'it is over', hint: 'No action is needed.' };
    const client = answering({ data: { cancelDump: { dump: null, errors: [refusal] } } });
    const { data, error } = await client.mutation('mutation { cancelDump { dump { id } } }', {});
    expect(data).toBeUndefined();
    expect(error && problemOf(error)).toEqual(refusal);
  });
});
