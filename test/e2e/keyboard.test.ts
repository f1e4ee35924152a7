import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { lacks } from '../system.ts';
import { startDemo, useBrowser } from './dashboard.ts';

/** Presses Tab until something with this accessible name has the focus, as a person would; gives up after a while. */
async function tabTo(page: Page, name: string, backwards = false): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press(backwards ? 'Shift+Tab' : 'Tab');
    const focused = page.locator(':focus');
    if ((await focused.count()) === 0) continue;
    const label = await focused.evaluate((element) => element.getAttribute('aria-label') ?? element.textContent ?? '');
    if (label.trim() === name) return;
  }
  throw new Error(`the focus never came to ${name}`);
}

const focusedText = (page: Page) => page.evaluate('document.activeElement?.textContent ?? ""');

describe.skipIf(lacks('chromium'))('the dashboard by keyboard alone', { timeout: 180_000 }, () => {
  const browser = useBrowser();

  it('skips the navigation, triggers, and cancels after a question that is closed by Escape first', async () => {
    const server = await startDemo({ DEMO_SPEED: '32' });
    const { page } = await browser.open(server.url);
    await page.getByRole('rowheader', { name: /web-01/ }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focusedText(page)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement?.id')).toBe('content');

    await tabTo(page, 'Machines to dump');
    await page.keyboard.type('web');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await tabTo(page, 'Dump selected');
    await page.keyboard.press('Enter');
    await page.getByRole('progressbar', { name: 'Progress of web-01' }).waitFor();

    await tabTo(page, 'Cancel the dump of web-01');
    await page.keyboard.press('Enter');
    const question = page.getByRole('dialog', { name: 'Cancel the dump of web-01?' });
    await question.waitFor();
    await page.locator(':focus', { hasText: 'Continue dump' }).waitFor();
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'hidden' });
    await page.locator('button:focus[aria-label="Cancel the dump of web-01"]').waitFor();

    await page.keyboard.press('Enter');
    await page.locator(':focus', { hasText: 'Continue dump' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('log').getByText('Dump of web-01 cancelled').waitFor();
  });

  it('goes to another screen, whose heading is next; opens a dump, stays inside, and comes back to where it was', async () => {
    const server = await startDemo();
    await server.query('mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } } }');
    const { page } = await browser.open(server.url);
    await page.getByRole('log').getByText('Dump of web-01 completed').waitFor();
    await tabTo(page, 'Dumps');
    await page.keyboard.press('Enter');
    // The other screen is drawn beside this one; the focus goes with it.
    await page.locator('#content:focus').waitFor();
    await page.getByRole('columnheader', { name: 'SHA-256' }).waitFor();
    expect(await page.title()).toBe('Dumps · Memoir');

    await tabTo(page, 'Time');
    await page.keyboard.press('Enter');
    await page.locator('th[aria-sort="ascending"]').waitFor();

    await tabTo(page, 'Details of the dump of web-01');
    await page.keyboard.press('Enter');
    const details = page.getByRole('dialog', { name: 'Dump of web-01' });
    await details.getByText('SHA-256').waitFor();
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement?.closest("[role=dialog]") !== null')).toBe(true);
    }
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'hidden' });
    await page.locator('a:focus[aria-label="Details of the dump of web-01"]').waitFor();
  });
});
