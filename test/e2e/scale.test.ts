import { readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lacks } from '../system.ts';
import { useBrowser } from './dashboard.ts';
import { startMockServer } from './mock/process.ts';

describe.skipIf(lacks('chromium'))('the dashboard with much to show', { timeout: 180_000 }, () => {
  const browser = useBrowser();

  it('pages through 10,000 records, and exports all of them while they are looked at', async () => {
    const server = await startMockServer({ records: 10_000 });
    onTestFinished(() => server.close());
    const { page, complaints } = await browser.open(`${server.url}/dumps`);
    await page.getByText('1–50 of 10,000').waitFor();
    expect(await page.getByRole('row').count()).toBe(51);
    await page.goto(`${server.url}/dumps?page=200`);
    await page.getByText('9,951–10,000 of 10,000').waitFor();
    expect(await page.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export CSV' }).click(),
    ]);
    const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n');
    expect(new Set(lines).size).toBe(10_001);
    expect(complaints).toEqual([]);
  });

  it('follows fifty dumps at once, each with its own bar, and says of fifty that were triggered one thing', async () => {
    const server = await startMockServer({ vms: 60, parallel: 60, tickMs: 50, bytesPerSecond: 30e6 });
    onTestFinished(() => server.close());
    const { page, complaints } = await browser.open(server.url);
    await page.getByRole('button', { name: 'Dump all…' }).click();
    const plan = page.getByRole('dialog', { name: 'Dump machines' });
    await plan.getByRole('button', { name: /dump \d\d/i }).click();
    await plan.waitFor({ state: 'hidden' });
    await page
      .getByRole('status', { name: 'Messages' })
      .getByText(/\d\d dumps queued/)
      .waitFor();
    await page.getByRole('progressbar').nth(49).waitFor({ state: 'attached' });
    // Every bar moves.
    const moved = `[...document.querySelectorAll('[role=progressbar]')].slice(0, 50).every((it) => Number(it.ariaValueNow) > 0)`;
    await page.waitForFunction(moved);
    expect(complaints).toEqual([]);
  });
});
