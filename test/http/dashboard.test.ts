import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTestServer } from '../fakes/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function built(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Memoir</title>');
  writeFileSync(join(folder, 'assets/app-Bq3x.js'), 'export {};');
  writeFileSync(join(folder, '../memoir-secret.txt'), 'secret');
  return folder;
}

const page = { headers: { accept: 'text/html,*/*' } };

describe('the dashboard', () => {
  it('is served, and asked for again each time; its hashed files are kept for ever', async () => {
    const { url } = await startTestServer({ dashboardFolder: built() });
    const index = await fetch(`${url}/`);
    expect([index.status, index.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    expect(await index.text()).toContain('<title>Memoir</title>');
    const script = await fetch(`${url}/assets/app-Bq3x.js`);
    expect([script.status, script.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect(script.headers.get('content-type')).toContain('javascript');
  });

  it('answers deep links with the page, and nothing else with it', async () => {
    const { url } = await startTestServer({ dashboardFolder: built() });
    expect(await (await fetch(`${url}/records/017f?tab=1`, page)).text()).toContain('<title>Memoir</title>');
    for (const path of ['/assets/gone.js', '/api/nothing', '/graphql/nothing']) {
      const answer = await fetch(url + path, page);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    }
    expect((await fetch(`${url}/records`, { ...page, method: 'POST' })).status).toBe(404);
    expect((await fetch(`${url}/records`)).status).toBe(404);
  });

  it('answers an address within a screen with the page of that screen, where the build made one', async () => {
    const folder = built();
    writeFileSync(join(folder, 'dumps.html'), '<!doctype html><title>Dumps</title>');
    const { url } = await startTestServer({ dashboardFolder: folder });
    const title = async (path: string) => /<title>(.*)<.title>/.exec(await (await fetch(url + path, page)).text())?.[1];
    expect(await title('/dumps')).toBe('Dumps');
    expect(await title('/dumps/017f?q=web')).toBe('Dumps');
    expect(await title('/dumpsters')).toBe('Memoir');
    expect(await title('/Dumps')).toBe('Memoir');
  });

  it('says by its status that no screen has an address, and sends old bookmarks of the dumps to them', async () => {
    const folder = built();
    writeFileSync(join(folder, 'dumps.html'), '<!doctype html><title>Dumps</title>');
    const { url } = await startTestServer({ dashboardFolder: folder });
    expect((await fetch(`${url}/dumps/017f`, page)).status).toBe(200);
    const unknown = await fetch(`${url}/nosuch`, page);
    expect([unknown.status, await unknown.text()]).toEqual([404, expect.stringContaining('<title>Memoir')]);
    const old = await fetch(`${url}/memory-dumps`, page);
    expect([old.status, new URL(old.url).pathname]).toEqual([200, '/dumps']);
  });

  it.each([
    '/../memoir-secret.txt',
    '/..%2fmemoir-secret.txt',
    '/%2e%2e/memoir-secret.txt',
    '/assets/..%2f..%2fmemoir-secret.txt',
  ])('never leaves its folder: %s', async (path) => {
    const { url } = await startTestServer({ dashboardFolder: built() });
    expect(await (await fetch(url + path)).text()).not.toContain('secret');
  });

  it('says how to build it where it is not built', async () => {
    const { url } = await startTestServer();
    const answer = await fetch(`${url}/`, page);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('npm run build');
  });
});
