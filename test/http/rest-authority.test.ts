import { describe, expect, it } from 'vitest';
import { openapi } from '../../src/http/rest/openapi.ts';
import { differences } from '../fakes/openapi-differences.ts';
import { startTestServer } from '../fakes/server.ts';

// The volume daemon's are in rest-volumes.test.ts: most of them are about a volume that has to be made first.
const paths = Object.entries(openapi.paths).filter(([path]) => !path.startsWith('/api/v1/'));
const methods = paths.flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);

describe('the OpenAPI description', () => {
  it('is served, and describes what each route answers, no more and no less', async () => {
    const { url } = await startTestServer();
    expect(await (await fetch(`${url}/api/openapi.json`)).json()).toEqual(JSON.parse(JSON.stringify(openapi)));
    methods.sort((a, b) => b.method.localeCompare(a.method));
    for (const { method, path, operation } of methods) {
      const vm = path.includes('memory-dumps') ? 'vm-1' : 'vm-2';
      const response = await fetch(url + path.replace('{vm}', 'vm-1'), {
        method,
        ...(method === 'POST' && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ vms: [vm, 'x'] }),
        }),
      });
      expect(response.status, `${method} ${path}`).toBe(200);
      const { schema } = operation.responses['200'].content['application/json'];
      expect(differences(await response.json(), schema as object, `${method} ${path}`)).toEqual([]);
    }
  });
});

describe('every route', () => {
  it('needs a token where the server has one, and the role that its document needs', async () => {
    const server = await startTestServer();
    await server.access.createToken({ name: 'root', role: 'ADMIN', expiresAtMs: null }, 'test');
    const { secret } = await server.access.createToken({ name: 'eve', role: 'VIEWER', expiresAtMs: null }, 'test');
    for (const { method, path } of methods) {
      const ask = (headers: Record<string, string>) =>
        fetch(server.url + path.replace('{vm}', 'vm-1'), {
          method,
          headers: method === 'POST' ? { 'content-type': 'application/json', ...headers } : headers,
          ...(method === 'POST' && { body: '{"vms":["vm-1"]}' }),
        });
      const authorization = `Bearer ${secret}`;
      const nobody = await ask({});
      expect([nobody.status, nobody.headers.get('www-authenticate')], path).toEqual([401, 'Bearer']);
      expect((await ask({ authorization })).status === 403, path).toBe(method === 'POST');
      expect((await ask({ 'sec-fetch-site': 'cross-site', authorization })).status, path).toBe(403);
    }
    expect(await server.operations.tally()).toEqual([]);
  });
});
