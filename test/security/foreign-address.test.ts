import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { FakeLog } from '../fakes/open-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const config = (more: Record<string, string>) =>
  readConfig({ DATA_DIR: temporaryFolder(), LIBVIRT_URI: 'demo:///', HOST: '0.0.0.0', PORT: '0', ...more });

describe('an address that others can reach', () => {
  it('is refused without tokens', async () => {
    const refusal = expect.objectContaining({ code: 'CONFIG_INVALID', hint: expect.stringContaining('MEMOIR_TOKEN') });
    for (const HOST of ['0.0.0.0', '::', '192.0.2.1']) {
      await expect(createApp(config({ HOST }), { log: new FakeLog() })).rejects.toEqual(refusal);
    }
  });

  it('is listened to with one, and nobody gets in without it', async () => {
    const token = 'a-token-of-the-environment';
    await using opened = new AsyncDisposableStack();
    const app = await createApp(config({ MEMOIR_TOKEN: token }), { log: new FakeLog() });
    opened.defer(() => app.close());
    const { port } = await app.listen();
    const ask = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: '{ session { name role } }' }),
      });
    expect((await ask({})).status).toBe(401);
    const answer = await (await ask({ authorization: `Bearer ${token}` })).json();
    expect(answer).toEqual({ data: { session: { name: 'MEMOIR_TOKEN', role: 'ADMIN' } } });
  });
});
