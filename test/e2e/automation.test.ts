import { describe, expect, it, vi } from 'vitest';
import { lacks } from '../system.ts';
import { startDemo, useBrowser } from './dashboard.ts';

/** For the eyes of a reviewer: `SCREENSHOTS=folder` keeps pictures of the empty screens, and of a hold. */
const folder = process.env.SCREENSHOTS;

describe.skipIf(lacks('chromium'))('what runs by itself', { timeout: 120_000 }, () => {
  const browser = useBrowser();

  it('says what each screen is for while it is empty, and keeps its places on a phone', async () => {
    const server = await startDemo();
    for (const [width, colorScheme] of [
      [1440, 'light'],
      [390, 'dark'],
    ] as const) {
      const viewport = { width, height: 844 };
      const { page, complaints } = await browser.open(server.url, { viewport, colorScheme, reducedMotion: 'reduce' });
      const screens = page.getByRole('navigation', { name: 'Screens' });
      await screens.getByRole('link', { name: 'Automation' }).click();
      for (const [tab, text] of [
        ['Schedules', 'No schedules yet. A schedule dumps machines at set times.'],
        ['Retention', 'No policies yet. Without one, everything is kept.'],
        ['Notifications', 'No notifications yet.'],
      ] as const) {
        await page.getByRole('navigation', { name: 'Automation' }).getByRole('link', { name: tab }).click();
        await page.getByRole('heading', { level: 1, name: tab }).waitFor();
        await page.getByText(text).waitFor();
        expect(await screens.getByRole('link', { name: 'Automation' }).getAttribute('aria-current')).toBe(
          tab === 'Schedules' ? 'page' : 'true',
        );
        if (folder) await page.screenshot({ path: `${folder}/empty-${width}-${tab}.png` });
      }
      // Nothing of the navigation is out of sight.
      for (const link of await screens.getByRole('link').all()) {
        const box = await link.boundingBox();
        expect(box && box.x >= 0 && box.x + box.width <= width).toBe(true);
      }
      expect(complaints).toEqual([]);
    }
  });

  it('creates a schedule with its due times in sight, pauses it, and shows how its runs went', async () => {
    const server = await startDemo();
    const { page } = await browser.open(`${server.url}/schedules`);
    await page.getByRole('button', { name: 'New schedule…' }).click();
    const dialog = page.getByRole('dialog', { name: 'New schedule' });
    await dialog.getByLabel('Name').fill('every second');
    await dialog.getByLabel('When').fill('* * * * * *');
    await dialog.getByLabel('Machines').fill('web-*');
    await expect.poll(() => dialog.getByRole('listitem').count()).toBe(10);
    await dialog.getByRole('button', { name: 'Create schedule' }).click();
    await page.getByRole('rowheader', { name: 'every second' }).waitFor();
    await vi.waitFor(
      async () => {
        const { dumpRecords } = await server.query('{ dumpRecords { totalCount } }');
        expect(dumpRecords.totalCount).toBeGreaterThan(0);
      },
      { timeout: 30_000 },
    );
    await page.getByRole('button', { name: 'Pause every second' }).click();
    await page.getByRole('button', { name: 'Resume every second' }).waitFor();
    await page.getByRole('button', { name: 'Details of every second' }).click();
    await page.getByRole('region', { name: 'Last runs' }).getByText('1 completed').first().waitFor();
  });

  it('holds a dump with a reason, so that neither a person nor retention removes it, and previews what goes', async () => {
    const server = await startDemo();
    const dump = async () => {
      const { triggerDumps } = await server.query(
        'mutation { triggerDumps(input: { machines: { names: ["web-01"] } }) { accepted { id } } }',
      );
      const { id } = triggerDumps.accepted[0];
      await vi.waitFor(
        async () =>
          expect((await server.query('query ($id: ID!) { dumpRecord(id: $id) { id } }', { id })).dumpRecord).not.toBe(
            null,
          ),
        { timeout: 30_000 },
      );
      return id as string;
    };
    const held = await dump();
    const going = await dump();
    const last = await dump();
    const { page } = await browser.open(`${server.url}/dumps/${held}`);
    await page.getByRole('button', { name: 'Hold…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Hold the dump of web-01' });
    await dialog.getByLabel('Reason').fill('Evidence of incident 42');
    await dialog.getByRole('button', { name: 'Hold' }).click();
    await page.getByText(/Held by local since .*: Evidence of incident 42/).waitFor();
    expect(await page.getByRole('button', { name: 'Delete…' }).isDisabled()).toBe(true);
    if (folder) await page.screenshot({ path: `${folder}/held-1280.png` });

    await page.goto(`${server.url}/retention`);
    await page.getByRole('button', { name: 'New policy…' }).click();
    const policy = page.getByRole('dialog', { name: 'New policy' });
    await policy.getByLabel('Name').fill('last one');
    for (const rule of ['Daily', 'Weekly']) await policy.getByLabel(rule).fill('');
    await policy.getByLabel('Last').fill('1');
    await policy.getByText(/^1 would go/).waitFor();
    await policy.getByRole('button', { name: 'Save policy' }).click();
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText('No rule keeps it').waitFor();
    await preview.getByRole('button', { name: 'Remove them…' }).click();
    await page.getByRole('button', { name: 'Remove them', exact: true }).click();
    await page.getByRole('region', { name: 'Last removals' }).getByText('local').waitFor();
    await preview.getByLabel('Show').selectOption('STAYING');
    await preview.getByText('Last good one, among the last').waitFor();
    const { dumpRecords } = await server.query('{ dumpRecords { nodes { id state } } }');
    const states = new Map(dumpRecords.nodes.map(({ id, state }: { id: string; state: string }) => [id, state]));
    expect([held, going, last].map((id) => states.get(id))).toEqual(['AVAILABLE', 'DELETED', 'AVAILABLE']);

    await page.getByRole('region', { name: 'Holds' }).getByRole('button', { name: 'Release…' }).click();
    await page.getByRole('button', { name: 'Release', exact: true }).click();
    await page.getByText('No holds.').waitFor();
  });

  it('shows what was sent to whom, and what the doctor says of this machine', async () => {
    const server = await startDemo();
    const { page } = await browser.open(`${server.url}/notifications`);
    await page.getByRole('button', { name: 'New notification…' }).click();
    const dialog = page.getByRole('dialog', { name: 'New notification' });
    await dialog.getByLabel('Name').fill('nobody');
    // The discard port, where nobody listens.
    await dialog.getByLabel('Webhook URL').fill('http://127.0.0.1:9/');
    await dialog.getByLabel('Severity').selectOption('INFO');
    await dialog.getByRole('button', { name: 'Create notification' }).click();
    await dialog.getByText('Requests are signed with this secret').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await server.query('mutation { triggerDumps(input: { machines: { names: ["web-01"] } }) { accepted { id } } }');
    const log = page.getByRole('region', { name: 'Delivery log' });
    await log.getByRole('rowheader', { name: 'Dump of web-01 queued' }).waitFor();
    await log.getByLabel('State').selectOption('DEAD');
    await log.getByText('No deliveries in this state.').waitFor();

    await page.goto(`${server.url}/settings`);
    const doctor = page.getByRole('region', { name: 'Doctor' });
    await doctor.getByRole('button', { name: /^All \d+ checks/ }).click();
    await doctor.getByText('DUMP_DIR', { exact: true }).waitFor();
  });
});
