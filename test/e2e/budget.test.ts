import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { lacks } from '../system.ts';
import { startDemo, useBrowser } from './dashboard.ts';
import { goToCharts } from './screens.ts';

/** DESIGN §14. */
const budgetBytes = 250 * 1024;

describe.skipIf(lacks('chromium'))('the weight of the dashboard', { timeout: 120_000 }, () => {
  const browser = useBrowser();

  it('is within its budget, charts and all, and most of it is not sent again', async () => {
    const server = await startDemo();
    await server.query('mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } } }');
    const { page } = await browser.open('about:blank');
    let weight = 0;
    let isWeighed = false;
    const weighed: Promise<void>[] = [];
    page.on('response', (response) => {
      if (!/\.(js|css)$/.test(new URL(response.url()).pathname)) return;
      weighed.push(
        response.body().then(
          (body) => {
            weight += gzipSync(body).length;
          },
          // What other screens need goes on coming after this one was weighed.
          (error) => {
            if (!isWeighed) throw error;
          },
        ),
      );
    });
    await page.goto(server.url);
    await goToCharts(page);
    await Promise.all(weighed);
    isWeighed = true;
    expect(weight).toBeGreaterThan(50 * 1024);
    expect(weight).toBeLessThanOrEqual(budgetBytes);

    const asset = await page.evaluate('document.querySelector("script[type=module]").src');
    const { headers } = await fetch(String(asset), { headers: { 'accept-encoding': 'br' } });
    expect([headers.get('content-encoding'), headers.get('cache-control')]).toEqual([
      'br',
      'public, max-age=31536000, immutable',
    ]);
    process.stdout.write(`The overview weighs ${(weight / 1024).toFixed(1)} KiB in gzip.\n`);
  });
});
