import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect } from 'vitest';
import { type ServerProcess, startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type Browser, launchBrowser } from './browser.ts';

/** The dashboard as `npm start` builds it, and a browser for the tests of a file. Call it in a `describe`. */
export function useBrowser(...switches: string[]): { open: Browser['open'] } {
  let browser: Browser | undefined;
  beforeAll(async () => {
    expect(spawnSync(process.execPath, ['scripts/build-client.mjs'], { stdio: 'inherit' }).status).toBe(0);
    browser = await launchBrowser(...switches);
  });
  afterAll(() => browser?.close());
  return {
    open: (url, options) => {
      if (!browser) throw new Error('the browser runs only while the tests of its file do');
      return browser.open(url, options);
    },
  };
}

/** A real server on the demo hypervisor, as fast as it goes unless `variables` say otherwise, for one test. */
export function startDemo(variables: Record<string, string> = {}): Promise<ServerProcess> {
  return startServer(temporaryFolder(), variables);
}
