import type { Page } from 'playwright-core';
import { launchBrowser } from '../test/e2e/browser.ts';
import { startMockServer } from '../test/e2e/mock/process.ts';

// npm run bench -- interactions: how long a click or a key takes until the page has been painted (the browser's own Event
// Timing, in steps of 8 ms), how long until another screen's heading is there, and how long frames take, with 10,000 records
// and 50 dumps under way, and while 200 machines are scrolled. The server is the dashboard's mock, so that only the page is measured. Needs Chromium and a built
// dashboard (npm run build).

interface Seen {
  readonly events: { readonly name: string; readonly ms: number }[];
  readonly frames: number[];
  /** From the last key or press until the heading was another one, at the frame that showed it. */
  readonly headings: number[];
}

/** Runs in the page, before anything of its own. */
function watch(): void {
  const seen: Seen = { events: [], frames: [], headings: [] };
  Object.assign(window, { seen });
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) seen.events.push({ name, ms: duration });
  }).observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit);
  let pressedAt = 0;
  let heading = '';
  for (const type of ['pointerup', 'keydown']) addEventListener(type, () => (pressedAt = performance.now()), true);
  let last = performance.now();
  const frame = (now: number): void => {
    seen.frames.push(now - last);
    last = now;
    const text = document.querySelector('h1')?.textContent ?? '';
    if (text !== heading) seen.headings.push(now - pressedAt);
    heading = text;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** One interaction: until it was painted, the longest frame after it, and until another screen was there. */
interface Round {
  readonly paintedMs: number;
  readonly frameMs: number;
  readonly screenMs: number | undefined;
}

/** The first finds the mock's answers and the page's code cold, as the first click of a day does. */
const roundCount = 5;

const forget = (page: Page) =>
  page.evaluate(() => {
    const { seen } = window as unknown as { seen: Seen };
    seen.events.length = 0;
    seen.frames.length = 0;
    seen.headings.length = 0;
  });
const read = (page: Page): Promise<Seen> => page.evaluate(() => (window as unknown as { seen: Seen }).seen);

export async function run(): Promise<void> {
  const server = await startMockServer({ records: 10_000, vms: 60, parallel: 60, tickMs: 100, bytesPerSecond: 5e6 });
  const browser = await launchBrowser();
  try {
    const { page } = await browser.open('about:blank', { viewport: { width: 1440, height: 900 } });
    await page.addInitScript(watch);
    await page.goto(server.url);
    await page.getByRole('button', { name: 'Dump all…' }).click();
    const plan = page.getByRole('dialog', { name: 'Dump machines' });
    await plan.getByRole('button', { name: /dump \d\d/i }).click();
    await page.getByRole('progressbar').nth(49).waitFor({ state: 'attached' });
    await page.waitForTimeout(4_000);

    await forget(page);
    await page.waitForTimeout(5_000);
    tellFrames('the overview, fifty bars moving', await read(page));

    const link = (name: string) => page.getByRole('navigation').getByRole('link', { name }).first();
    const steps: [string, () => Promise<unknown>][] = [
      ['to the dumps', () => link('Dumps').click()],
      // A click that changes nothing in sight is painted when something else is: what is sorted has to be seen.
      ['down to the records', () => page.getByLabel('Search').evaluate((field) => field.scrollIntoView())],
      ['sort by size', () => page.getByRole('columnheader', { name: 'Size' }).getByRole('button').click()],
      ['next page', () => page.getByRole('button', { name: 'Next' }).click()],
      ['type into the search', () => page.getByLabel('Search').pressSequentially('web-0')],
      ['reset', () => page.getByRole('button', { name: 'Reset' }).click()],
      [
        'details',
        () =>
          page
            .getByRole('link', { name: /^Details of/ })
            .first()
            .click(),
      ],
      ['close them', () => page.keyboard.press('Escape')],
      ['to the machines', () => link('Machines').click()],
      ['to the operations', () => link('Operations').click()],
      ['back to the overview', () => link('Overview').click()],
    ];
    const rounds = steps.map((): Round[] => []);
    for (let round = 0; round < roundCount; round += 1) {
      for (const [index, [, act]] of steps.entries()) {
        await forget(page);
        await act();
        await page.waitForTimeout(800);
        const { events, frames, headings } = await read(page);
        const paintedMs = Math.max(0, ...events.map(({ ms }) => ms));
        rounds[index]?.push({ paintedMs, frameMs: Math.max(...frames), screenMs: headings.at(-1) });
      }
    }
    console.log(`\nuntil painted (the slowest event of each), medians of ${roundCount} rounds, and the slowest round`);
    for (const [index, [name]] of steps.entries()) tellStep(name, rounds[index] ?? []);
    await scroll(browser);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Two hundred machines, from the first to the last and back, as a wheel does it. */
async function scroll(browser: Awaited<ReturnType<typeof launchBrowser>>): Promise<void> {
  const server = await startMockServer({ vms: 200 });
  try {
    const { page } = await browser.open('about:blank', { viewport: { width: 1440, height: 900 } });
    await page.addInitScript(watch);
    await page.goto(`${server.url}/machines`);
    await page.getByRole('rowheader').nth(20).waitFor();
    await page.waitForTimeout(3_000);
    await page.mouse.move(700, 500);
    await forget(page);
    for (let step = 0; step < 120; step += 1) await page.mouse.wheel(0, step < 60 ? 120 : -120);
    tellFrames('200 machines, scrolled down and up', await read(page));
  } finally {
    await server.close();
  }
}

function tellStep(name: string, rounds: readonly Round[]): void {
  const told = (pick: (round: Round) => number | undefined): string => {
    const sorted = rounds.map((round) => pick(round) ?? Number.NaN).sort((a, b) => a - b);
    const at = (index: number) => (sorted[index] ?? Number.NaN).toFixed(0).padStart(4);
    return `${at(Math.floor(sorted.length / 2))} ms (${at(sorted.length - 1).trim()})`.padEnd(15);
  };
  const screen = rounds.some(({ screenMs }) => screenMs !== undefined);
  console.log(
    `  ${name.padEnd(22)}${told(({ paintedMs }) => paintedMs)}longest frame ${told(({ frameMs }) => frameMs)}${
      screen ? `the other screen after ${told(({ screenMs }) => screenMs)}` : ''
    }`.trimEnd(),
  );
}

function tellFrames(what: string, { frames }: Seen): void {
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(0);
  const long = frames.filter((ms) => ms > 50).length;
  console.log(
    `${what}: ${frames.length} frames, median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms, ${long} over 50 ms`,
  );
}
