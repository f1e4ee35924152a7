import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoir } from '../fakes/command-line.ts';
import { startTestServer } from '../fakes/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('memoir login', () => {
  it('keeps the token for this user alone, and every later command uses it', async () => {
    const { url, access } = await startTestServer();
    const { secret } = await access.createToken({ name: 'root', role: 'ADMIN', expiresAtMs: null }, 'test');
    const configFolder = join(temporaryFolder(), 'memoir');
    const here = { configFolder, isUrlSet: false };
    const signedIn = await memoir('http://127.0.0.1:9', ['login', url, '--name', 'prod'], { ...here, stdin: secret });
    expect([signedIn.code, signedIn.out]).toEqual([0, expect.stringContaining('as root (ADMIN)')]);
    expect(signedIn.out + signedIn.told).not.toContain(secret);
    expect(statSync(join(configFolder, 'contexts.json')).mode & 0o777).toBe(0o600);
    expect(statSync(configFolder).mode & 0o777).toBe(0o700);
    expect((await memoir('http://127.0.0.1:9', ['vms'], here)).code).toBe(0);
    const listed = JSON.parse((await memoir(url, ['--json', 'context'], here)).out);
    expect(listed).toEqual([{ name: 'prod', url, signedIn: true, current: true }]);
    expect((await memoir(url, ['context', 'prod', '--remove'], here)).code).toBe(0);
    expect(readFileSync(join(configFolder, 'contexts.json'), 'utf8')).not.toContain(secret);
    expect((await memoir(url, ['vms'], here)).code).toBe(4);
  });

  it('keeps nothing of a token that the server refuses, and asks for one where it is needed', async () => {
    const { url, access } = await startTestServer();
    await access.createToken({ name: 'root', role: 'ADMIN', expiresAtMs: null }, 'test');
    const configFolder = temporaryFolder();
    expect((await memoir(url, ['login', url], { configFolder, stdin: 'x'.repeat(40) })).code).toBe(4);
    expect((await memoir(url, ['login', url], { configFolder })).code).toBe(4);
    expect((await memoir(url, ['context'], { configFolder })).out).toContain('No contexts yet');
  });

  it('sends a token to its own server only', async () => {
    const own = await startTestServer();
    const other = await startTestServer();
    await own.access.createToken({ name: 'root', role: 'ADMIN', expiresAtMs: null }, 'test');
    const { secret } = await own.access.createToken({ name: 'me', role: 'VIEWER', expiresAtMs: null }, 'test');
    const configFolder = temporaryFolder();
    await memoir(own.url, ['login', own.url], { configFolder, stdin: secret });
    // A server that needs no token refuses one that it does not know: an answer says that none was sent.
    const elsewhere = await memoir(own.url, ['--url', other.url, 'vms'], { configFolder, isUrlSet: false });
    expect(elsewhere.code).toBe(0);
    const named = await memoir(other.url, ['--url', own.url, 'vms'], { configFolder, isUrlSet: false });
    expect(named.code).toBe(0);
  });

  it('does not use a file that others can read', async () => {
    const { url } = await startTestServer();
    const configFolder = temporaryFolder();
    await memoir(url, ['login', url], { configFolder });
    chmodSync(join(configFolder, 'contexts.json'), 0o644);
    const refused = await memoir(url, ['vms'], { configFolder, isUrlSet: false });
    expect([refused.code, refused.told]).toEqual([2, expect.stringContaining('chmod 0600')]);
  });
});
