import { describe, expect, it } from 'vitest';
import { lacks } from '../system.ts';
import { startDemo, useBrowser } from './dashboard.ts';

describe.skipIf(lacks('chromium'))('a tab that was just opened', { timeout: 120_000 }, () => {
  const browser = useBrowser();

  it('asks for each thing once, and follows from there', async () => {
    const server = await startDemo();
    const { page } = await browser.open('about:blank');
    const asked: string[] = [];
    page.on('request', (request) => {
      const query = (request.postDataJSON() as { query?: string } | null)?.query;
      if (request.url().endsWith('/graphql') && query)
        asked.push(/^(?:query|mutation) (\w+)/.exec(query)?.[1] ?? 'the end of the log');
    });
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Machines' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.waitForTimeout(3000);
    const times = (name: string) => asked.filter((each) => each === name).length;
    expect(asked[0]).toBe('the end of the log');
    for (const name of [
      'Service',
      'Session',
      'Statistics',
      'Forecasts',
      'ActiveDumps',
      'RecentCpu',
      'EventHistory',
      'the end of the log',
    ])
      expect([name, times(name)]).toEqual([name, 1]);
    // Changes of machines have no cursor: the list alone is compared once when the line is up.
    expect(times('Machines')).toBeLessThanOrEqual(2);

    await server.query('mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } } }');
    await page.getByText('Dump of web-01 completed').first().waitFor();
    await expect.poll(() => times('Statistics')).toBeGreaterThan(1);
  });

  it('shows its frame before any script runs, and the same frame afterwards', async () => {
    const server = await startDemo();
    const { page } = await browser.open('about:blank', { viewport: { width: 1280, height: 800 } });
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/assets/*.js', async (route) => {
      await held;
      await route.continue();
    });
    const frame = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('.frame-brand, nav a, h1')].map((each) => {
          const { x, y, width, height } = each.getBoundingClientRect();
          return [each.textContent, each.getAttribute('aria-current'), x, y, width, height].join(' ');
        }),
      );
    await page.goto(`${server.url}/dumps`, { waitUntil: 'commit' });
    await page.getByRole('heading', { name: 'Dumps', level: 1 }).waitFor();
    await page.getByText('Loading…', { exact: true }).waitFor();
    expect(await page.title()).toBe('Dumps · Memoir');
    const before = await frame();
    expect(before).toHaveLength(10);
    release();
    await page.getByRole('heading', { name: 'Records' }).waitFor();
    // The demo's mark stands beside the brand and moves the navigation; everything else is where it was.
    const texts = (lines: readonly string[]) =>
      lines.map((line) => line.replace(/[\d.]+ (?=[\d.]+ [\d.]+ [\d.]+$)/, ''));
    expect(texts(await frame())).toEqual(texts(before));
  });
});
