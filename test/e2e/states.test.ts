import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { startServer } from '../server-process.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { startDemo, useBrowser } from './dashboard.ts';
import { startMockServer } from './mock/process.ts';
import type { WorldOptions } from './mock/world.ts';

async function mock(options: WorldOptions) {
  const server = await startMockServer(options);
  onTestFinished(() => server.close());
  return server;
}

describe.skipIf(lacks('chromium'))('what the dashboard says when things are not as usual', { timeout: 120_000 }, () => {
  const browser = useBrowser();

  it('that nothing was dumped yet, and that nothing matches, with a way out', async () => {
    const server = await startDemo();
    const { page } = await browser.open(`${server.url}/dumps`);
    await page.getByText('No dumps yet').waitFor();
    await page.goto(`${server.url}/dumps?q=nothing`);
    await page.getByText('No dumps match the filters').waitFor();
    await page.getByRole('button', { name: 'Reset filters' }).click();
    await page.getByText('No dumps yet').waitFor();
    expect(new URL(page.url()).search).toBe('');
    await page.goto(`${server.url}/dumps/01a1fbed-474b-7000-aa6c-8ea29a2ccec0`);
    await page.getByText('was not found').waitFor();
    await page.goto(`${server.url}/machines/no-such`);
    await page.getByText('No machine with the ID').waitFor();
  });

  it('that values of a machine are being collected, and that there are none of one that is off', async () => {
    const server = await mock({ measured: false });
    const { page } = await browser.open(`${server.url}/machines`);
    await page.getByRole('rowheader').getByRole('link', { name: 'web-01' }).click();
    await page.getByText('Collecting data. The first values appear within 20 seconds.').waitFor();
    await page.getByRole('link', { name: 'All machines' }).click();
    await page.getByRole('rowheader').getByRole('link', { name: 'mail' }).click();
    await page.getByText('The machine is off; no usage was recorded in this time range.').waitFor();
  });

  it('that it is read-only for a viewer, and what each deed would need', async () => {
    const server = await mock({ records: 3, role: 'VIEWER' });
    const { page } = await browser.open(server.url);
    await page.getByText('Read-only').waitFor();
    const button = page.getByRole('button', { name: 'Dump web-01' });
    expect(await button.isDisabled()).toBe(true);
    expect(await button.getAttribute('title')).toBe('Requires the operator role; you are signed in as viewer.');
    expect(await page.getByRole('button', { name: 'Dump all…' }).isDisabled()).toBe(true);
  });

  it('that the hypervisor does not respond, why, and what helps; records are still there', async () => {
    const server = await mock({ records: 3, hypervisor: 'DOWN' });
    const { page } = await browser.open(`${server.url}/dumps`);
    await page.getByText(/The hypervisor has not responded since .* Connection refused\. Start libvirtd\./).waitFor();
    await page.getByRole('rowheader').nth(2).waitFor();
  });

  it.each([
    ['before it knew its place in the log', '{ service { eventCursor } }'],
    ['between its place in the log and its first answers', 'query Machines'],
  ])('what happened while it was being opened, %s', async (_, question) => {
    const server = await startDemo();
    const { page } = await browser.open('about:blank');
    let held = false;
    await page.route('**/graphql', async (route) => {
      if (!held && route.request().postData()?.includes(question)) {
        held = true;
        await server.query('mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } } }');
        for (;;) {
          const { dumpRecords } = await server.query('{ dumpRecords { totalCount } }');
          if (dumpRecords.totalCount === 1) break;
        }
      }
      await route.continue();
    });
    await page.goto(server.url);
    await page
      .getByRole('row', { name: /web-01/ })
      .getByText('just now')
      .waitFor({ timeout: 20_000 });
    expect(held).toBe(true);
  });

  it('that it wants a token, and nothing else until it has one', async () => {
    const server = await startDemo({ MEMOIR_TOKEN: 'a-token-of-the-operator' });
    const { page } = await browser.open(server.url);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.getByRole('button', { name: 'Dump all…' }).count()).toBe(0);
    await page.getByLabel('Token').fill('a-token-of-the-operator');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('rowheader', { name: /web-01/ }).waitFor();
    await page.getByText(/^Live(#|$)/).waitFor();
  });

  it('who may come in: the first token shuts the door behind it, another is made and revoked', async () => {
    const server = await startDemo();
    const { page } = await browser.open(`${server.url}/settings`);
    await page.getByText('Not required').waitFor();
    const dialog = page.getByRole('dialog', { name: 'New token' });
    await page.getByRole('button', { name: 'New token…' }).click();
    await dialog.getByLabel('Name').fill('chief');
    await dialog.getByRole('button', { name: 'Create token' }).click();
    await dialog.locator('code').waitFor();
    // However long one looks at it: within seconds the server asks this browser who it is, too.
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await dialog.getByRole('button', { name: 'Sign in with this token' }).click();
    await page.getByRole('rowheader', { name: 'chief' }).waitFor();
    await page.getByText('Required to sign in').waitFor();

    await page.getByRole('button', { name: 'New token…' }).click();
    await dialog.getByLabel('Name').fill('screen in the hall');
    await dialog.getByRole('button', { name: 'Create token' }).click();
    const secret = await dialog.locator('code').innerText();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    const hall = await browser.open(server.url);
    await hall.page.getByLabel('Token').fill(secret);
    await hall.page.getByRole('button', { name: 'Sign in' }).click();
    await hall.page.getByText('Read-only').waitFor();

    await page.getByRole('button', { name: 'Revoke screen in the hall' }).click();
    await page.getByRole('button', { name: 'Revoke token' }).click();
    await hall.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('what InfluxDB refused and why, until it was sent again', async () => {
    const double = await startInfluxDouble();
    onTestFinished(() => double.close());
    double.knobs.onWrite = () => ({ status: 422, body: 'too many columns' });
    const server = await startDemo({ INFLUX_URL: double.url });
    const { page } = await browser.open(`${server.url}/settings`);
    const panel = page.getByRole('region', { name: 'InfluxDB' });
    await panel.getByText('Up to date').waitFor();
    expect(await panel.getByRole('button').count()).toBe(0);
    await server.query('mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } } }');
    await panel.getByRole('list', { name: 'Rejected lines' }).getByText('too many columns').waitFor();
    // Where records are looked at, a warning leads here.
    await page.goto(`${server.url}/dumps`);
    const warnings = page.getByRole('list', { name: 'Warnings' });
    await warnings.getByRole('link', { name: 'Open settings' }).click();
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
    double.knobs.onWrite = () => null;
    await panel.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('Sending 1 line again').waitFor();
    await panel.getByText('Last accepted').waitFor();
    await panel.getByRole('list', { name: 'Rejected lines' }).waitFor({ state: 'detached' });
    expect(double.store.taken.length).toBe(1);
  });

  it('that the database was lost, and brings the dumps back on a press', async () => {
    const folder = temporaryFolder();
    const first = await startServer(folder);
    await first.query('mutation { triggerDumps(input: { vms: ["mail-01"] }) { accepted { id } } }');
    const records = '{ dumpRecords { totalCount } }';
    while ((await first.query(records)).dumpRecords.totalCount === 0) await setTimeout(20);
    await first.end('SIGTERM');
    for (const name of readdirSync(folder)) if (name.startsWith('memoir.sqlite')) rmSync(join(folder, name));
    const second = await startServer(folder);
    const { page } = await browser.open(`${second.url}/settings`);
    const banner = page.getByText('The catalogue is empty, but the dump folder has');
    await banner.waitFor();
    // Found shortly after the start; removing them asks first.
    await page.reload();
    await vi.waitFor(
      async () => {
        const { service } = await second.query('{ service { unwantedArtifacts { count } } }');
        expect(service.unwantedArtifacts?.count).toBe(1);
      },
      { timeout: 30_000 },
    );
    await page.reload();
    await page.getByText(/^1 artifact \(.*without a record/).waitFor();
    await page.getByRole('button', { name: 'Remove…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Reindex' }).first().click();
    await banner.waitFor({ state: 'detached' });
    await page.getByText('without a record').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Dumps' }).first().click();
    await page.getByRole('rowheader', { name: /mail-01/ }).waitFor();
    // Now one is of nobody.
    const { dumpRecords } = await second.query('{ dumpRecords { nodes { dumpPath } } }');
    const { dumpPath } = dumpRecords.nodes[0];
    const stranger = dumpPath.replace(/_[0-9a-f-]+\./, '_01a1fbed-474b-7000-aa6c-8ea29a2ccec0.');
    cpSync(dumpPath, stranger);
    cpSync(`${dumpPath}.json`, `${stranger}.json`);
    await second.end('SIGTERM');
    const third = await startServer(folder);
    await vi.waitFor(
      async () => {
        const { service } = await third.query('{ service { unwantedArtifacts { count } } }');
        expect(service.unwantedArtifacts?.count).toBe(1);
      },
      { timeout: 30_000 },
    );
    const again = await browser.open(`${third.url}/settings`);
    await again.page.getByRole('button', { name: 'Remove…' }).click();
    await again.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await again.page.getByText('Removed 1 artifact').waitFor();
    expect([existsSync(stranger), existsSync(dumpPath)]).toEqual([false, true]);
  });

  it('that the database is damaged, and what to do', async () => {
    const server = await mock({ records: 3, database: 'DAMAGED' });
    const { page } = await browser.open(server.url);
    await page
      .getByRole('alert')
      .getByText(/The database is damaged\. .*page 7 .*memoir reindex/)
      .waitFor();
  });

  it('how far the dumps are in the title of the tab, for who asked for it', async () => {
    const server = await mock({ bytesPerSecond: 800e6 });
    const { page } = await browser.open(`${server.url}/settings`);
    const dump = () => page.getByRole('button', { name: 'Dump db-primary' }).click();
    const choice = page.getByRole('radiogroup', { name: 'Progress in the tab title' });
    await choice.getByText('On').click();
    await page.getByRole('link', { name: 'Overview' }).click();
    await dump();
    await page.waitForFunction(() => /^[1-9]\d? % · Overview · Memoir$/.test(document.title));
    await page.waitForFunction(() => document.title === 'Overview · Memoir');
  });

  it('where a machine was dumped, on the charts of its usage', async () => {
    const server = await mock({ records: 40 });
    const { page } = await browser.open(`${server.url}/machines`);
    await page.getByRole('rowheader').getByRole('link', { name: 'web-01' }).click();
    const usage = page.getByRole('region', { name: 'Usage' });
    await usage.getByRole('radiogroup', { name: 'Range of usage' }).getByText('30 days').click();
    await usage.getByText(/\d+ dumps? in this time range/).waitFor();
  });

  it('a hostile name, as the text that it is, wherever it comes', async () => {
    const server = await mock({ records: 12 });
    const { page, complaints } = await browser.open(server.url);
    page.on('dialog', (dialog) => complaints.push(`the page ran: ${dialog.message()}`));
    const name = '<img src=x onerror=alert(1)>';
    await page.getByRole('button', { name: `Dump ${name}` }).click();
    await page.getByRole('log').getByText(`Dump of ${name} completed`).waitFor();
    await page.getByRole('rowheader').getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
    expect(await page.title()).toContain(name);
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('a frozen list that has changed, when it is not to follow by itself', async () => {
    const server = await startDemo();
    const { page } = await browser.open(`${server.url}/dumps`);
    await page.getByText('No dumps yet').waitFor();
    await page.getByRole('switch', { name: 'Live' }).uncheck();
    await server.query('mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } } }');
    await page.getByRole('button', { name: 'Show new dumps' }).click();
    await page.getByRole('rowheader', { name: /web-01/ }).waitFor();
  });

  it('the same after going back and forward', async () => {
    const server = await mock({ records: 120 });
    const { page } = await browser.open(`${server.url}/dumps?size=25`);
    await page.getByText('1–25 of 120').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('26–50 of 120').waitFor();
    await page.getByLabel('Machine').selectOption({ label: 'web-02' });
    await page.getByText('1–25 of 30').waitFor();
    await page.goBack();
    await page.getByText('26–50 of 120').waitFor();
    await page.goForward();
    await page.getByText('1–25 of 30').waitFor();
    await page.reload();
    await page.getByText('1–25 of 30').waitFor();
  });
});
