import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lacks } from '../system.ts';
import { startDemo, useBrowser } from './dashboard.ts';
import { startMockServer } from './mock/process.ts';

/** Buttons that their panel cuts off. */
const clipped = `[...document.querySelectorAll('main section button, main section a, [role=dialog] button')]
  .filter((it) => it.checkVisibility() && it.closest('section, [role=dialog]'))
  .filter((it) => it.getBoundingClientRect().right > it.closest('section, [role=dialog]').getBoundingClientRect().right + 1)
  .map((it) => it.ariaLabel ?? it.textContent)`;

const log = (page: Page) => page.getByRole('log', { name: 'Activity log' });
const trigger = 'mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } } }';

describe.skipIf(lacks('chromium'))('what operators stumbled over', { timeout: 180_000 }, () => {
  const browser = useBrowser();

  it('many machines with long names: nothing is cut off, everything is found, and only what is seen is drawn', async () => {
    const server = await startMockServer({
      vms: 230,
      longNames: true,
      failed: 4,
      records: 30,
      removed: true,
      bytesPerSecond: 1e6,
    });
    onTestFinished(() => server.close());
    const { page, complaints } = await browser.open(server.url, { viewport: { width: 1024, height: 768 } });
    await page.getByRole('region', { name: 'Failed dumps' }).getByRole('button', { name: 'Show all 4' }).click();
    for (const width of [390, 1024, 1280, 1440, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await page.getByRole('rowheader').first().waitFor();
      expect([width, await page.evaluate(clipped)]).toEqual([width, []]);
    }

    // The selector says that it lists a part, and offers no machine that is off.
    const selector = page.getByRole('combobox', { name: 'Machines to dump' });
    await selector.click();
    await page.getByText(/Listing 100 of 229/).waitFor();
    await selector.fill('replica-4');
    await page.getByText('No match').waitFor();
    await page.keyboard.press('Escape');

    // The plan: searched, chosen at once, and not to be pressed where it cannot fit.
    await page.getByRole('button', { name: 'Dump all…' }).click();
    const plan = page.getByRole('dialog', { name: 'Dump machines' });
    await plan.getByText('Not enough free space').waitFor();
    expect(await plan.getByRole('button', { name: /dump 229/i }).isDisabled()).toBe(true);
    await plan.getByRole('button', { name: 'Select none' }).click();
    await plan.getByText('No machines selected.').waitFor();
    await plan.getByRole('searchbox', { name: 'Search machines' }).fill('node-01');
    await plan.getByRole('button', { name: 'Select all' }).click();
    await plan.getByRole('button', { name: 'Dump 10' }).click();
    await plan.waitFor({ state: 'hidden' });
    await page.getByText('2 running, 8 queued').waitFor();

    // A failed dump is tried again from where it is shown, and is no longer listed then.
    const failed = page.getByRole('region', { name: 'Failed dumps' });
    await failed.getByRole('button', { name: /^Retry .*replica-0$/ }).click();
    await failed.getByText('3', { exact: true }).waitFor();

    // By keys: the palette, the search of a screen, the list of keys.
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search commands' }).fill('go machines');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Machines' }).waitFor();
    await page.keyboard.press('/');
    await page.getByRole('searchbox', { name: 'Search' }).and(page.locator(':focus')).waitFor();
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });

    // 230 rows are not 230 rows of the page; the last one is there when one comes to it.
    expect(await page.getByRole('row').count()).toBeLessThan(80);
    await page.getByRole('button', { name: 'Machine', exact: true }).click();
    await page.keyboard.press('End');
    await page.getByRole('rowheader', { name: 'node-229' }).waitFor();
    // Anywhere in its row.
    await page
      .getByRole('row', { name: /node-229/ })
      .getByText('Snapshot')
      .click();
    await page.getByRole('heading', { level: 1, name: 'node-229' }).waitFor();

    await page.goto(`${server.url}/nosuch`);
    await page.getByRole('heading', { name: 'Page not found' }).waitFor();
    await page.goto(`${server.url}/dumps`);
    await page.getByLabel('Machine', { exact: true }).selectOption({ label: 'decommissioned (not listed)' });
    await page.getByText('1–1 of 1').waitFor();
    expect(complaints).toEqual([]);
  });

  it('a finished dump: its steps, its verification after a reload, and what is done with several at once', async () => {
    const server = await startDemo();
    await server.query(trigger);
    const { page, complaints } = await browser.open(server.url, { viewport: { width: 1440, height: 900 } });
    await log(page).getByText('Dump of web-01 completed').waitFor();

    // The focus is where one goes on.
    const selector = page.getByRole('combobox', { name: 'Machines to dump' });
    await selector.click();
    await page.getByRole('option', { name: 'mail-01' }).click();
    await page.keyboard.press('Escape');
    await page.getByText(/longest pause|^pause; up to/).waitFor();
    await page.getByRole('button', { name: 'Dump selected' }).click();
    await page.locator('[role=combobox]:focus').waitFor();
    await log(page).getByText('Dump of mail-01 completed').waitFor();

    await page.getByRole('link', { name: 'Dumps', exact: true }).click();
    await page.getByRole('link', { name: 'Details of the dump of web-01' }).click();
    const details = page.getByRole('dialog', { name: 'Dump of web-01' });
    const timeline = details.getByRole('region', { name: 'Timeline' });
    await timeline.getByText('Capturing').waitFor();
    await timeline.getByText(/the guest was paused/).waitFor();
    const button = details.getByRole('button', { name: 'Verify' });
    const box = await button.boundingBox();
    expect((box?.y ?? 1e9) + (box?.height ?? 0)).toBeLessThan(900);
    await button.click();
    await details.getByText('Verified: checksum matches.').waitFor();
    await page.reload();
    await details.getByText('Verified: checksum matches.').waitFor();
    await page.keyboard.press('Escape');

    // Deleted together, thought better of, and deleted after all.
    await page.getByRole('checkbox', { name: 'Select all on this page' }).click();
    const bar = page.getByRole('region', { name: 'Selected dumps' });
    await bar.getByText('2 selected').waitFor();
    await bar.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Verifying 2 dumps').waitFor();
    await bar.waitFor({ state: 'hidden' });
    await page.getByRole('checkbox', { name: 'Select the dump of mail-01' }).click();
    await bar.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('link', { name: 'Details of the dump of mail-01' }).click();
    // What is being verified is not deleted.
    await page.getByRole('dialog').getByText('Verified: checksum matches.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete the file' }).click();
    await page.getByText('Deleted the dump of mail-01').waitFor();
    await page.keyboard.press('Escape');
    const state = '{ dumpRecords { nodes { dom state } } }';
    const { dumpRecords } = await server.query(state);
    expect(dumpRecords.nodes).toContainEqual({ dom: 'web-01', state: 'AVAILABLE' });

    // A reload is no absence, however long the page was quiet before it.
    await page.addInitScript(() => {
      const kept = JSON.parse(sessionStorage.getItem('memoir.activity') ?? 'null');
      if (kept?.place) kept.place.at -= 60_000;
      if (kept) sessionStorage.setItem('memoir.activity', JSON.stringify(kept));
    });
    await page.goto(server.url);
    await log(page).getByText('Dump of mail-01: deleted by local').waitFor();
    expect(
      await log(page)
        .getByText(/after \d+ s|after 1 min/)
        .count(),
    ).toBe(0);
    await page.goto(`${server.url}/settings`);
    await page.getByRole('region', { name: 'Audit' }).getByText('Trigger dumps').first().waitFor();
    expect(await page.getByRole('region', { name: 'Audit' }).getByText('{').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('a token that is wrong, and a server that is gone while dumps are in progress', async () => {
    const server = await startDemo({ MEMOIR_TOKEN: 'a-token-of-the-operator', DEMO_SPEED: '16' });
    const { page } = await browser.open(server.url);
    await page.getByText('This server requires a token.').waitFor();
    await page.getByLabel('Token').fill('another');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Invalid token: it is wrong, expired or revoked. Check it and sign in again.').waitFor();
    await page.getByLabel('Token').fill('a-token-of-the-operator');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Dump web-01' }).click();
    const bars = page.getByRole('region', { name: 'In progress' });
    await bars
      .getByText(/% ?$|read/)
      .first()
      .waitFor();
    await server.end('SIGKILL');
    await page.getByText(/Not connected since/).waitFor();
    await bars
      .locator('ul[data-offline]')
      .waitFor()
      .catch(async (cause: unknown) => {
        throw new Error(`the page says: ${await page.locator('body').innerText()}`, { cause });
      });
  });
});
