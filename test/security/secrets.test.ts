import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoir } from '../fakes/command-line.ts';
import { ask, socketClient } from '../fakes/graphql-client.ts';
import { send } from '../fakes/raw-request.ts';
import { startTestServer } from '../fakes/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

// Fault 32: a token is in no log, no error, no answer and no file of the server.

describe('a token', () => {
  it('leaves no trace, right or wrong, wherever someone puts it', async () => {
    const environmentToken = 'canary-of-the-environment';
    const folder = temporaryFolder();
    const server = await startTestServer({ environmentToken, folder });
    const { url, port } = server;
    const heard: string[] = [];
    const keep = async (promise: Promise<unknown>) => {
      const answer = await promise.catch((error: unknown) => (error instanceof Error ? error.message : error));
      heard.push(JSON.stringify(answer) ?? '');
    };
    const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

    const create = 'mutation($n: String!) { createToken(input: { name: $n, role: OPERATOR }) { secret } }';
    const made = await ask(url, create, { n: 'robot' }, bearer(environmentToken));
    const secret: string = made.data.createToken.secret;
    const canaries = [environmentToken, secret, 'canary-that-is-wrong'];

    for (const canary of canaries) {
      await keep(ask(url, '{ session { name } tokens { name } }', {}, bearer(canary)));
      await keep(ask(url, '{ nonsense }', {}, bearer(canary)));
      await keep(
        ask(
          url,
          'mutation { triggerDumps(input: { vms: ["vm-1"] }) { accepted { id } rejected { code } } }',
          {},
          bearer(canary),
        ),
      );
      await keep(send(port, { method: 'GET', path: `/graphql?token=${canary}&query=%7Bvms%7Bid%7D%7D` }));
      await keep(
        send(port, { method: 'GET', path: `/api/memory-dumps/status/x?token=${canary}`, headers: bearer(canary) }),
      );
      await keep(send(port, { method: 'GET', path: `/${canary}` }));
      await keep(send(port, { headers: { authorization: canary, 'content-type': 'application/json' }, body: '{' }));
      await keep(socketClient(url, { token: canary }).iterate({ query: '{ session { name } }' }).next());
      await keep(socketClient(url, { wrong: canary }).iterate({ query: '{ session { name } }' }).next());
      await keep(memoir(url, ['vms'], { token: canary }));
    }
    const revoke = 'mutation($id: ID!) { revokeToken(id: $id) { token { name } } }';
    const id = (await server.access.tokens())[0]?.id;
    await keep(ask(url, revoke, { id }, bearer(environmentToken)));
    await keep(ask(url, '{ vms { id } }', {}, bearer(secret)));
    await keep(ask(url, '{ auditLog { nodes { details } } }', {}, bearer(environmentToken)));
    await server.close();

    const kept = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    const logged = JSON.stringify(server.log.lines, (_, value) => (value instanceof Error ? value.stack : value));
    expect(kept.join('').length + logged.length + heard.join('').length).toBeGreaterThan(10_000);
    for (const canary of canaries) {
      for (const [place, text] of Object.entries({ kept: kept.join(''), logged, heard: heard.join('') })) {
        expect(text.includes(canary), `${canary} is ${place}`).toBe(false);
      }
    }
  });
});
