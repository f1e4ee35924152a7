import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestServer, type TestServer } from '../fakes/open-server.ts';

// The audits of the graphql-http package: GraphQL over HTTP, sentence by sentence.

describe('the audits of GraphQL over HTTP', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
  });
  afterAll(() => server.close());

  const audits = serverAudits({
    url: () => `${server.url}/graphql`,
    // The header that the prevention of forged requests asks of a GET.
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { 'x-csrf-prevention': '1', ...(init.headers as Record<string, string>) } }),
  });

  it('are as many as were passed before', () => {
    expect(audits).toHaveLength(61);
  });

  it.each(audits.map((audit) => [audit.id, audit.name, audit] as const))('%s: %s', async (_id, _name, audit) => {
    const result = await audit.fn();
    expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
  });
});
