import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacks } from '../system.ts';
import { useBrowser } from './dashboard.ts';
import { type MockServer, startMockServer } from './mock/process.ts';
import { stops } from './screens.ts';

describe.skipIf(lacks('chromium'))('the dashboard for everybody', { timeout: 240_000 }, () => {
  const browser = useBrowser();
  let server: MockServer;
  beforeAll(async () => {
    // So slow that what runs is still running when the last screen is looked at.
    server = await startMockServer({ records: 60, bytesPerSecond: 1e6 });
    const query = 'mutation { triggerDumps(input: { vms: ["web-01", "web-02", "db-primary"] }) { accepted { id } } }';
    const headers = { 'content-type': 'application/json' };
    await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  });
  afterAll(() => server?.close());

  it.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 360],
  ] as const)('has nothing that axe finds, on any screen or dialog, in %s at %i', async (colorScheme, width) => {
    const { page } = await browser.open(server.url, {
      colorScheme,
      viewport: { width, height: 900 },
      reducedMotion: 'reduce',
    });
    await page.getByRole('progressbar').first().waitFor();
    const findings: string[] = [];
    for (const { name, go } of stops) {
      await go(page);
      const { violations } = await new AxeBuilder({ page }).analyze();
      for (const { id, nodes } of violations) {
        for (const node of nodes) findings.push(`${name}: ${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`);
      }
    }
    expect(findings).toEqual([]);
  });
});
