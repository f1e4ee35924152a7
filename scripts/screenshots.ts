import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';

// Makes the pictures of the README and the documentation from the real dashboard on the demo machines, so that they stay true:
// npm run screenshots. Needs Chromium (/usr/bin/chromium) and a built dashboard (npm run build).

const target = 'docs/images';
const folder = mkdtempSync(join(tmpdir(), 'memoir-pictures-'));
const server = spawn(process.execPath, ['src/main.ts', 'serve'], {
  env: { ...process.env, PORT: '0', DATA_DIR: folder, LIBVIRT_URI: 'demo:///', DEMO_SPEED: '64', LOG_LEVEL: 'error' },
  stdio: ['ignore', 'pipe', 'inherit'],
});

async function listening(): Promise<string> {
  let output = '';
  for await (const chunk of server.stdout) {
    output += chunk;
    const url = /listens on (\S+)/.exec(output)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`the server ended: ${output}`);
}

async function trigger(url: string, vms: string[]): Promise<void> {
  const document = 'mutation ($vms: [String!]) { triggerDumps(input: { vms: $vms }) { accepted { id } } }';
  const body = JSON.stringify({ query: document, variables: { vms } });
  await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

async function settled(url: string, count: number): Promise<void> {
  for (;;) {
    const body = JSON.stringify({ query: '{ dumpRecords { totalCount } }' });
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const { data } = (await answer.json()) as { data: { dumpRecords: { totalCount: number } } };
    if (data.dumpRecords.totalCount >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const picture = (page: Page, name: string) => page.screenshot({ path: join(target, `${name}.png`) });

try {
  mkdirSync(target, { recursive: true });
  const url = await listening();
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const options = {
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  } as const;
  const page = await browser.newPage({ ...options, colorScheme: 'light' });
  // A short history, and two dumps under way.
  for (const vms of [
    ['web-01', 'mail-01'],
    ['build-01', 'web-01'],
  ]) {
    await trigger(url, vms);
    await settled(url, vms[0] === 'web-01' ? 2 : 4);
  }
  await page.goto(url);
  await trigger(url, ['db-01', 'mail-01']);
  await page.waitForTimeout(4_000);
  await picture(page, 'overview');
  const dark = await browser.newPage({ ...options, colorScheme: 'dark' });
  await settled(url, 5);
  await dark.goto(`${url}/dumps`);
  await dark.waitForTimeout(2_000);
  await picture(dark, 'dumps-dark');
  await browser.close();
} finally {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
