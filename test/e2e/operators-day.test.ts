import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { startServer } from '../server-process.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { startDemo, useBrowser } from './dashboard.ts';

/** Slow enough to be watched and cancelled: 1 GiB takes half a minute. */
const slow = { DEMO_SPEED: '32' };

const log = (page: Page) => page.getByRole('log', { name: 'Activity log' });
const running = (page: Page) => page.getByRole('region', { name: 'In progress' });

/** Numbers of the lines of the activity log, in order. */
async function loggedNumbers(page: Page): Promise<number[]> {
  const lines = await log(page).locator('li[data-seq]').all();
  return Promise.all(lines.map(async (line) => Number(await line.getAttribute('data-seq'))));
}

describe.skipIf(lacks('chromium'))('an operator’s day', { timeout: 120_000 }, () => {
  const browser = useBrowser();

  it('triggers two machines, watches them, and cancels a third', async () => {
    const server = await startDemo(slow);
    const { page, complaints } = await browser.open(server.url);
    await page.getByText(/^Live(#|$)/).waitFor();
    await page.getByText('DEMO', { exact: true }).waitFor();

    await page.getByRole('combobox', { name: 'Machines to dump' }).click();
    await page.getByRole('option', { name: 'web-01' }).click();
    await page.getByRole('option', { name: 'mail-01' }).click();
    await page.keyboard.press('Escape');
    await page.getByText(/longest pause; up to .* free/).waitFor();
    await page.getByRole('button', { name: 'Dump selected' }).click();
    await page.getByRole('progressbar', { name: 'Progress of web-01' }).waitFor();
    await page.getByRole('progressbar', { name: 'Progress of mail-01' }).waitFor();

    await page.getByRole('button', { name: 'Dump db-01' }).click();
    await page.getByRole('button', { name: 'Cancel the dump of web-01' }).click();
    const question = page.getByRole('dialog', { name: 'Cancel the dump of web-01?' });
    await question.getByRole('button', { name: 'Cancel the dump' }).click();

    // Toast, log and row agree.
    await page.getByRole('status', { name: 'Messages' }).getByText('Dump of web-01 cancelled').waitFor();
    await log(page).getByText('Dump of web-01 cancelled').waitFor();
    await running(page).locator('li', { hasText: 'web-01' }).getByText('Cancelled', { exact: true }).waitFor();
    await page.getByRole('progressbar', { name: 'Progress of db-01' }).waitFor();
    const { operations } = await server.query('{ operations(states: [CANCELLED]) { nodes { dump { vmName } } } }');
    expect(operations.nodes).toEqual([{ dump: { vmName: 'web-01' } }]);
    expect(complaints).toEqual([]);
  });

  it('sees the plan before a machine would stand still, and why another cannot be dumped', async () => {
    const server = await startDemo({ DEMO_SPEED: '128' });
    const { page } = await browser.open(server.url);
    await page.getByRole('button', { name: 'Dump all…' }).click();
    const plan = page.getByRole('dialog', { name: 'Dump machines' });
    await plan.getByText('Core dump', { exact: true }).first().click();
    await plan.getByText(/~ 8 s/).waitFor();
    expect(await plan.getByRole('checkbox', { name: /backup-01/ }).isDisabled()).toBe(true);
    await plan.getByRole('checkbox', { name: /build-01/ }).uncheck();
    await plan.getByRole('checkbox', { name: /mail-01/ }).uncheck();
    await plan.getByRole('checkbox', { name: /db-01/ }).uncheck();
    await plan.getByRole('button', { name: 'Pause and dump' }).click();
    await plan.waitFor({ state: 'hidden' });
    await log(page).getByText('Dump of web-01 completed').waitFor();
    const { dumpRecords } = await server.query('{ dumpRecords { nodes { dom method } } }');
    expect(dumpRecords.nodes).toEqual([{ dom: 'web-01', method: 'CORE_DUMP' }]);
  });

  it('finds a dump, copies its hash, verifies, downloads and exports it, and goes back', async () => {
    const server = await startDemo();
    await server.query('mutation { triggerDumps(input: { vms: ["web-01", "mail-01"] }) { accepted { id } } }');
    const permissions = ['clipboard-read', 'clipboard-write'];
    const { page, complaints } = await browser.open(server.url, { permissions });
    await log(page).getByText('Dump of web-01 completed').waitFor();
    await log(page).getByText('Dump of mail-01 completed').waitFor();

    await page.getByRole('link', { name: 'Dumps', exact: true }).click();
    await page.getByRole('searchbox', { name: 'Search' }).fill('WEB');
    await page.getByText('1–1 of 1').waitFor();
    expect(new URL(page.url()).search).toBe('?q=WEB');

    await page.getByRole('link', { name: 'Details of the dump of web-01' }).click();
    const details = page.getByRole('dialog', { name: 'Dump of web-01' });
    await details.getByRole('button', { name: 'Copy the hash', exact: true }).click();
    const { dumpRecords } = await server.query('{ dumpRecords(filter: { search: "web" }) { nodes { id sha256 } } }');
    const [record] = dumpRecords.nodes;
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(record.sha256);
    expect(new URL(page.url()).pathname).toBe(`/dumps/${record.id}`);
    await details.getByRole('button', { name: 'Verify' }).click();
    await details.getByRole('status').getByText('Verified: checksum matches.').waitFor();
    const [artifact] = await Promise.all([
      page.waitForEvent('download'),
      details.getByRole('button', { name: 'Download', exact: true }).click(),
    ]);
    const digest = createHash('sha256').update(await readFile(await artifact.path()));
    expect(digest.digest('hex')).toBe(record.sha256);
    expect(artifact.suggestedFilename()).toMatch(/^web-01_.*\.elf\.zst$/);
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'hidden' });
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/dumps?q=WEB');

    // The window's edge is outside of the dialog.
    await page.getByRole('link', { name: 'Details of the dump of web-01' }).click();
    await details.waitFor();
    await page.mouse.click(5, 400);
    await details.waitFor({ state: 'hidden' });

    await page.getByRole('button', { name: 'Reset' }).click();
    await page.getByText('1–2 of 2').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export CSV' }).click(),
    ]);
    const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines.filter((line) => line.includes(record.sha256))).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  it('deletes a dump’s file after a question; the record stays and says so', async () => {
    const server = await startDemo();
    await server.query('mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } } }');
    const { page } = await browser.open(server.url);
    await log(page).getByText('Dump of web-01 completed').waitFor();
    const { dumpRecords } = await server.query('{ dumpRecords { nodes { id } } }');
    await page.goto(`${server.url}/dumps/${dumpRecords.nodes[0].id}`);
    const details = page.getByRole('dialog', { name: 'Dump of web-01' });
    await details.getByRole('button', { name: 'Delete…' }).click();
    await page
      .getByRole('dialog', { name: /Delete the dump/ })
      .getByRole('button', { name: 'Delete the file' })
      .click();
    await details.getByText('Deleted').waitFor();
    expect(await details.getByRole('button', { name: 'Verify' }).isDisabled()).toBe(true);
  });

  it('loses the server, is told so, and misses nothing when it is back', async () => {
    const folder = temporaryFolder();
    const server = await startServer(folder);
    const { page } = await browser.open(server.url);
    await page.getByRole('button', { name: 'Dump web-01' }).click();
    await log(page).getByText('Dump of web-01 completed').waitFor();

    await server.end('SIGKILL');
    await page.getByText(/Not connected since \d\d:\d\d:\d\d/).waitFor();
    expect(await page.getByRole('button', { name: 'Dump mail-01' }).isDisabled()).toBe(true);
    expect(await log(page).isVisible()).toBe(true);

    const again = await startServer(folder, { PORT: new URL(server.url).port });
    await again.query('mutation { triggerDumps(input: { vms: ["mail-01"] }) { accepted { id } } }');
    await page
      .getByText(/Reconnected after .*none missed/)
      .first()
      .waitFor();
    await log(page).getByText('Dump of mail-01 completed').waitFor();

    const events = (await again.query('{ events(after: "0") { nodes { seq type } } }')).events.nodes;
    const expected = events
      .filter(({ type }: { type: string }) => type !== 'PHASE')
      .map(({ seq }: { seq: number }) => seq);
    expect(await loggedNumbers(page)).toEqual(expected);
    await page.reload();
    await log(page).getByText('Dump of mail-01 completed').waitFor();
    expect(await loggedNumbers(page)).toEqual(expected);
  });
});
