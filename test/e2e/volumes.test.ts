import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../server-process.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { useBrowser } from './dashboard.ts';
import { startMockServer } from './mock/process.ts';

const row = (page: Page, name: string) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });
const messages = (page: Page) => page.getByRole('status', { name: 'Messages' });

describe.skipIf(lacks('chromium'))('the screen of volumes', { timeout: 180_000 }, () => {
  const browser = useBrowser();

  it('leads from nothing through the whole life of a volume, by keyboard where one types', async () => {
    const server = await startServer(temporaryFolder());
    const { page, complaints } = await browser.open(`${server.url}/volumes`);
    await page.getByText('This server runs the demo: volumes and devices are simulated.').waitFor();
    await page.getByText('LIBVIRT_URI').waitFor();

    await page.getByRole('button', { name: 'New volume…' }).click();
    const create = page.getByRole('dialog', { name: 'New volume' });
    await create.getByText('Demo: the volume and its device are simulated.').waitFor();
    await page.keyboard.type('data');
    await create.getByRole('textbox', { name: 'Size' }).fill('8');
    await create.getByLabel('Unit').selectOption('MiB');
    await page.keyboard.press('Enter');
    await create.waitFor({ state: 'hidden' });
    await messages(page).getByText('Creation of volume data completed').waitFor();
    await row(page, 'data').getByText('Available').waitFor();
    await row(page, 'data').getByText('8 MiB').waitFor();

    await page.getByRole('button', { name: 'Attach data' }).click();
    const attach = page.getByRole('dialog', { name: 'Attach data' });
    await attach.getByLabel('Machine').selectOption({ label: 'web-01 (running)' });
    await attach.getByRole('button', { name: 'Attach', exact: true }).click();
    await row(page, 'data').getByText('Attached').waitFor();
    await row(page, 'data').getByRole('link', { name: 'web-01' }).waitFor();
    await row(page, 'data').getByText('vdb').waitFor();

    await page.getByRole('link', { name: 'data', exact: true }).click();
    const details = page.getByRole('dialog', { name: /^Volume data/ });
    const { volumes } = await server.query('{ volumes { id serial device { path rdev } } }');
    await details.getByText(volumes[0].device.path).waitFor();
    await details.getByText(volumes[0].serial).waitFor();
    expect(await details.getByRole('button', { name: 'Delete…' }).getAttribute('title')).toBe('Detach it first.');
    await details.getByRole('button', { name: 'Resize…' }).click();
    const resize = page.getByRole('dialog', { name: 'Resize data' });
    expect(await resize.getByRole('button', { name: 'Resize', exact: true }).isDisabled()).toBe(true);
    await resize.getByRole('textbox', { name: 'New size' }).fill('16');
    await page.keyboard.press('Enter');
    await resize.waitFor({ state: 'hidden' });
    await details.getByText('16 MiB').first().waitFor();

    // A question that is left alone does nothing.
    await details.getByRole('button', { name: 'Detach…' }).click();
    const question = page.getByRole('dialog', { name: 'Detach data from web-01?' });
    await question.getByText(/Unmount its file systems there first/).waitFor();
    await question.getByRole('button', { name: 'Cancel' }).click();
    await details.getByRole('button', { name: 'Detach…' }).click();
    await question.getByRole('button', { name: 'Detach' }).click();
    await details.getByText('Available').waitFor();
    const history = details.getByRole('region', { name: 'History' });
    await history.getByRole('listitem').filter({ hasText: 'Volume detachment' }).getByText('Completed').waitFor();
    expect(await history.getByRole('listitem').count()).toBe(4);

    await details.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('dialog', { name: 'Delete data?' }).getByRole('button', { name: 'Delete the volume' }).click();
    await page.getByText('There is no such volume, or it was deleted.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('No volumes yet.').waitFor();
    const { operations } = await server.query('{ operations(states: [COMPLETED]) { totalCount } }');
    expect(operations.totalCount).toBe(5);
    expect(complaints).toEqual([]);
  });

  it('shows what disagrees with the world, compares on demand, and says why a refused step was refused', async () => {
    const folder = temporaryFolder();
    const first = await startServer(folder);
    await first.query('mutation { createVolume(input: { name: "data", sizeBytes: 1048576 }) { operation { id } } }');
    await expect
      .poll(() => first.query('{ volumes(state: AVAILABLE) { name } }'))
      .toEqual({ volumes: [{ name: 'data' }] });
    await first.end('SIGTERM');
    // Someone deletes the volume past us, and makes another with a mark of ours.
    const orphan = { mark: '11111111-0000-4000-8000-000000000001', sizeBytes: 1048576, device: null };
    await writeFile(join(folder, 'volumes/demo/world.json'), JSON.stringify({ nextDiskseq: 1, disks: [orphan] }));
    const server = await startServer(folder);
    const { page } = await browser.open(`${server.url}/volumes`);
    await page.getByRole('button', { name: 'Reconcile now' }).click();
    await messages(page).getByText('1 volume compared: 2 differences.').waitFor();
    const differences = page.getByRole('region', { name: 'Differences' });
    await differences.getByText('data: demo no longer has it').waitFor();
    await differences.getByText(/11111111-0000-4000-8000-000000000001.* It is left alone\./).waitFor();
    await row(page, 'data').getByText('Demo no longer has it.').waitFor();
    await page.getByLabel('State').selectOption({ label: 'With a problem' });
    await row(page, 'data').waitFor();
    await page.getByLabel('State').selectOption({ label: 'Attached' });
    await page.getByText('No volumes match the filters.').waitFor();

    await page.getByRole('button', { name: 'New volume…' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('data');
    await page.keyboard.press('Enter');
    await messages(page).getByText('Not created: There is a volume called data already.').waitFor();
    expect(await page.getByRole('dialog', { name: 'New volume' }).isVisible()).toBe(true);
  });

  it('draws a part of 3,000 volumes, offers a viewer nothing that would be refused, and fits a phone', async () => {
    const server = await startMockServer({ volumes: 3_000, role: 'VIEWER' });
    onTestFinished(() => server.close());
    const { page, complaints } = await browser.open(`${server.url}/volumes`, { viewport: { width: 390, height: 844 } });
    await page.getByRole('rowheader', { name: 'data-0' }).waitFor();
    expect(await page.getByRole('rowheader').count()).toBeLessThan(100);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await page.getByRole('button', { name: 'New volume…' }).getAttribute('title')).toContain('operator role');
    expect(await page.getByRole('button', { name: 'Detach data-3' }).isDisabled()).toBe(true);
    await page.getByRole('searchbox', { name: 'Search' }).fill('data-2999');
    await page.getByRole('rowheader', { name: 'data-2999' }).waitFor();
    expect(await page.getByRole('rowheader').count()).toBe(1);
    expect(complaints).toEqual([]);
  });
});
