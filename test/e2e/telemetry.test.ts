import { describe, expect, it } from 'vitest';
import { lacks } from '../system.ts';
import { startDemo, useBrowser } from './dashboard.ts';

describe.skipIf(lacks('chromium'))('the usage of machines', { timeout: 180_000 }, () => {
  const browser = useBrowser();

  it('is drawn as it comes, without being asked for again, and is there as a table too', async () => {
    const server = await startDemo();
    const { page, complaints } = await browser.open(`${server.url}/machines`);
    // A machine that is off is not measured, and nothing is made up for it.
    const off = page.getByRole('row', { name: /backup-01/ });
    await off.getByText('–', { exact: true }).waitFor();
    await page.getByRole('rowheader').getByRole('link', { name: 'web-01' }).click();
    const usage = page.getByRole('region', { name: 'Usage' });
    await usage
      .getByText(/Collecting|means of 10 s/)
      .first()
      .waitFor();
    const asked: string[] = [];
    // But for the list of machines, which is compared once when the line is up.
    page.on('request', (request) => {
      if (!request.postData()?.includes('query Machines {')) asked.push(request.url());
    });

    // Two readings make a rate. From here on everything comes by the socket.
    const cpu = usage.getByRole('figure', { name: /^CPU/ });
    await cpu
      .getByText(/^\d[\d.]* %$/)
      .first()
      .waitFor();
    expect(await usage.locator('canvas').count()).toBe(4);
    for (const name of ['Memory', 'Disk', 'Network'])
      await usage.getByRole('figure', { name: new RegExp(`^${name}`) }).waitFor();
    const { vm } = await server.query(
      '{ vm(name: "web-01") { usage { cpuPercent } stats { points { samples } source } } }',
    );
    expect(vm.usage.cpuPercent).toBeGreaterThan(0);
    expect(vm.stats.source).toBe('RING');
    expect(vm.stats.points.length).toBeGreaterThanOrEqual(2);
    expect(asked.filter((url) => url.endsWith('/graphql'))).toEqual([]);

    // The same numbers as a table, by keyboard.
    const form = usage.getByRole('radiogroup', { name: 'View of usage' });
    await form.getByRole('radio', { name: 'Charts' }).focus();
    await page.keyboard.press('ArrowRight');
    const table = usage.getByRole('region', { name: 'Usage as a table' });
    await table.getByRole('columnheader', { name: 'Peak CPU' }).waitFor();
    await table
      .getByRole('cell', { name: /^\d[\d.]* %$/ })
      .first()
      .waitFor();
    await usage.getByRole('radiogroup', { name: 'Range of usage' }).getByText('24 h').click();
    await usage.getByText('averages over 5 min').waitFor();
    await table
      .getByRole('cell', { name: /^\d[\d.]* %$/ })
      .first()
      .waitFor();

    // In the list, beside the others.
    await page.getByRole('link', { name: 'All machines' }).click();
    const row = page.getByRole('row', { name: /web-01/ });
    await row
      .getByText(/^\d[\d.]* %$/)
      .first()
      .waitFor();
    await row.getByText(/in the last 10 minutes/).waitFor({ state: 'attached' });
    expect(complaints).toEqual([]);
  });
});
