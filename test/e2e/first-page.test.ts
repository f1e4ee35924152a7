import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacks } from '../system.ts';
import { type Browser, launchBrowser } from './browser.ts';
import { type MockServer, startMockServer } from './mock/process.ts';

describe.skipIf(lacks('chromium'))('the dashboard', () => {
  let server: MockServer;
  let browser: Browser;

  beforeAll(async () => {
    expect(spawnSync('node', ['scripts/build-client.mjs'], { stdio: 'inherit' }).status).toBe(0);
    server = await startMockServer({ records: 40 });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('dumps a machine at the press of a button and shows it running until its record is there', async () => {
    const { page, complaints } = await browser.open(server.url);
    await page.getByRole('button', { name: 'Dump web-01' }).click();
    await page.getByRole('progressbar', { name: 'Progress of web-01' }).waitFor();
    await page.getByRole('heading', { name: 'Records (41)' }).waitFor();
    expect(complaints).toEqual([]);
  });
});
