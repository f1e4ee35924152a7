import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

export interface Screen {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page reported as wrong: exceptions, console errors, refused requests, in order. */
  readonly complaints: string[];
}

export interface Browser {
  open(url: string, options?: BrowserContextOptions): Promise<Screen>;
  close(): Promise<void>;
}

const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The system's Chromium with a fresh profile; every screen is a context of its own, as another person's browser would be. */
export async function launchBrowser(...more: string[]): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), 'memoir-chromium-'));
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...switches, ...more],
    // Chromium writes crash reports and caches below these even with a profile elsewhere.
    env: { PATH: '/usr/bin:/bin', HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home, LANG: 'en_US.UTF-8' },
  });
  return {
    async open(url, options = {}) {
      const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
      const page = await context.newPage();
      const { origin } = new URL(url);
      // A machine that is busy with other tests is slow, not wrong.
      page.setDefaultTimeout(60_000);
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('request', (request) => {
        if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()))
          complaints.push(`external request: ${request.url()}`);
      });
      await page.goto(url);
      return { page, context, complaints };
    },
    async close() {
      await browser.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
