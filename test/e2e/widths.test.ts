import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacks } from '../system.ts';
import { useBrowser } from './dashboard.ts';
import { type MockServer, startMockServer } from './mock/process.ts';
import { stops } from './screens.ts';

/** For the eyes of a reviewer: `SCREENSHOTS=folder` keeps a picture of every screen at every width. */
const folder = process.env.SCREENSHOTS;

/** What stands out of the window sideways, and texts that are cut off without a way to read them. */
const overflow = `[
  ...(document.documentElement.scrollWidth > document.documentElement.clientWidth ? ['the page scrolls sideways'] : []),
  ...[...document.querySelectorAll('main button, main a, main input, main select, [role=dialog] button, [role=dialog] input')]
    .filter((it) => it.checkVisibility() && !it.closest('[aria-hidden=true]'))
    .filter((it) => { const { left, right, width } = it.getBoundingClientRect(); return width > 0 && (left < -1 || right > innerWidth + 1); })
    .map((it) => 'out of the window: ' + it.outerHTML.slice(0, 120)),
]`;

/** As a person sets it in the browser, for every page: twice the usual 16 pixels. */
const largeText = '--blink-settings=defaultFontSize=32';

describe.skipIf(lacks('chromium')).each([
  ['usual', []],
  ['large', [largeText]],
] as const)('the dashboard with text of %s size', { timeout: 240_000 }, (text, switches) => {
  const browser = useBrowser(...switches);
  let server: MockServer;
  beforeAll(async () => {
    if (folder) mkdirSync(folder, { recursive: true });
    server = await startMockServer({ records: 60, bytesPerSecond: 1e6 });
    const query = 'mutation { triggerDumps(input: { vms: ["web-01", "web-02", "db-primary"] }) { accepted { id } } }';
    const headers = { 'content-type': 'application/json' };
    await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  });
  afterAll(() => server?.close());

  it.each(
    (
      [
        [1440, 'light'],
        [1024, 'dark'],
        [768, 'light'],
        [360, 'dark'],
      ] as const
    )
      // A phone with twice the text is 180 pixels wide, which nobody promises (WCAG 1.4.10: 320).
      .filter(([width]) => text === 'usual' || width > 640),
  )('fits in %i pixels (%s), every screen and dialog', async (width, colorScheme) => {
    const viewport = { width, height: width < 700 ? 780 : 900 };
    const { page, complaints } = await browser.open(server.url, { viewport, colorScheme, reducedMotion: 'reduce' });
    const findings: string[] = [];
    for (const { name, go } of stops) {
      await go(page);
      for (const found of (await page.evaluate(overflow)) as string[]) findings.push(`${name}: ${found}`);
      const path = `${folder}/${width}-${text}-${name.replace(' ', '-')}.png`;
      if (folder) await page.screenshot({ path });
    }
    expect(findings).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
