import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startLeakingService } from '../fakes/leaking-service.ts';
import { lacks } from '../system.ts';
import { startDemo, useBrowser } from './dashboard.ts';

describe.skipIf(lacks('chromium'))('the screen Heaps, with a real process that leaks', { timeout: 180_000 }, () => {
  const browser = useBrowser();

  it('samples it, captures it twice, names the leak, shares what is shown, downloads, deletes', async () => {
    const name = `shop-${process.pid}`;
    const service = await startLeakingService({ name });
    const server = await startDemo();
    const { page } = await browser.open(`${server.url}/heaps`);
    await page.getByText('No snapshots yet.').waitFor();

    await page.getByRole('button', { name: `Sample the allocations of ${name}` }).click();
    await page.getByLabel('Seconds').fill('1');
    await page.getByRole('button', { name: 'Sample allocations' }).click();
    await service.say('3000');
    await page.getByRole('button', { name: 'Sample again' }).waitFor();
    await page.getByText(/Functions that allocated most|Nothing was allocated/).waitFor();
    await page.getByRole('button', { name: 'Capture a snapshot instead' }).click();

    await page.getByText('Expected stall').waitFor();
    await page.getByLabel('Minutes between the two snapshots').fill('0.1');
    await page.getByRole('button', { name: 'Capture a pair' }).click();
    const running = page.getByRole('region', { name: 'In progress' });
    await running.getByText(/s left\./).waitFor();
    await running.getByRole('button', { name: `Cancel the capture of ${name}` }).waitFor();
    await service.say('4321');

    await page.getByRole('link', { name: `Compare the snapshots of ${name}` }).click();
    await page
      .getByText(/4,321 new `Session` objects.*held by `Map` in `SessionStore\.sessions`/)
      .first()
      .waitFor();
    await page.getByText('Not in the heap').waitFor();
    await page.getByLabel('Search classes and scripts').fill('session');
    await page.getByRole('button', { name: 'Retained' }).click();
    await page.waitForURL(/search=session&sort=RETAINED/);
    // Someone else who opens this address sees the same.
    const other = await browser.open(page.url());
    await other.page.getByRole('columnheader', { name: 'Retained', exact: true }).waitFor();
    expect(await other.page.getByRole('columnheader', { name: 'Retained' }).getAttribute('aria-sort')).toBe(
      'descending',
    );
    await other.page.getByRole('button', { name: 'Show objects of SessionStore' }).click();
    const objects = other.page.getByRole('list', { name: 'The largest objects, each with what holds it' });
    await objects.locator('summary').first().click();
    await other.page.getByRole('list', { name: 'Held by' }).first().waitFor();

    await page.getByRole('link', { name: 'Close' }).click();
    await page.getByRole('button', { name: `Show the growth of ${name}` }).click();
    await page.getByText('Outside of the heap').waitFor();
    const saving = page.waitForEvent('download');
    await page
      .getByRole('button', { name: `Download the snapshot of ${name}` })
      .last()
      .click();
    const saved = JSON.parse(readFileSync(await (await saving).path(), 'utf8'));
    expect(saved.snapshot.node_count).toBeGreaterThan(10_000);
    expect(saved.strings).toContain('SessionStore');
    await page
      .getByRole('button', { name: `Delete the snapshot of ${name}` })
      .first()
      .click();
    await page.getByRole('button', { name: 'Delete the snapshot', exact: true }).click();
    await page.getByRole('link', { name: `Compare the snapshots of ${name}` }).waitFor({ state: 'detached' });
    expect(await service.say('0')).toBe('7321');
  });
});
