import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { cacheFolder } from '../test/integration/bench/generation.ts';

// npm run bench -- web [rounds]: Lighthouse's four figures for every screen of the dashboard, as a phone and as a desktop see
// them, on the demo machines with some dumps made; and how long the server takes from its start to its first answer. Medians.
// Lighthouse is not a dependency: the first run installs it into the bench's cache. Needs Chromium.

const version = '13.5.0';
const lighthouse = join(cacheFolder, `lighthouse-${version}`);
const screens = ['/', '/dumps', '/machines', '/schedules', '/retention', '/notifications', '/operations', '/settings'];
const categories = ['performance', 'accessibility', 'best-practices', 'seo'] as const;
const browserFlags =
  '--headless --no-sandbox --disable-gpu --disable-quic --disable-background-networking --disable-component-update --disable-sync';

interface Report {
  readonly categories: Record<(typeof categories)[number], { readonly score: number | null }>;
  readonly audits: Record<
    string,
    { readonly score: number | null; readonly title: string; readonly displayValue?: string }
  >;
}

export async function run(args: readonly string[]): Promise<void> {
  const [rounds = 3] = args.map(Number);
  execFileSync(process.execPath, ['scripts/build-client.mjs'], { stdio: 'inherit' });
  if (!existsSync(join(lighthouse, 'node_modules')))
    execFileSync('npm', ['install', '--silent', '--prefix', lighthouse, `lighthouse@${version}`], { stdio: 'inherit' });
  const folder = mkdtempSync(join(tmpdir(), 'memoir-web-'));
  const server = await start(folder);
  try {
    console.log(`start to the first answer: ${server.startMs.toFixed(0)} ms`);
    await dumpSome(server.url);
    for (const desktop of [true, false]) {
      console.log(`\n${desktop ? 'desktop' : 'phone'}, medians of ${rounds}: ${categories.join(', ')}`);
      for (const screen of screens) {
        const reports: Report[] = [];
        for (let round = 0; round < rounds; round++)
          // Lighthouse itself fails now and then to record a page (its NO_NAVSTART); what fails twice is told.
          reports.push(
            await audit(`${server.url}${screen}`, folder, desktop).catch(() =>
              audit(`${server.url}${screen}`, folder, desktop),
            ),
          );
        tell(screen, reports);
      }
    }
  } finally {
    server.stop();
    rmSync(folder, { recursive: true });
  }
}

function tell(screen: string, reports: readonly Report[]): void {
  const score = (name: (typeof categories)[number]): string =>
    (100 * median(reports.map((report) => report.categories[name].score ?? Number.NaN))).toFixed(0).padStart(4);
  const paint = reports[0]?.audits['largest-contentful-paint']?.displayValue ?? '';
  const blocked = reports[0]?.audits['total-blocking-time']?.displayValue ?? '';
  console.log(`  ${screen.padEnd(12)}${categories.map(score).join('')}   largest paint ${paint}, blocked ${blocked}`);
  const failed = Object.values(reports[0]?.audits ?? {}).filter(({ score }) => score !== null && score < 0.9);
  for (const { title, displayValue } of failed)
    console.log(`      ${title}${displayValue ? ` (${displayValue})` : ''}`);
}

async function audit(url: string, folder: string, desktop: boolean): Promise<Report> {
  const path = join(folder, 'report.json');
  const words = [url, '--quiet', '--output=json', `--output-path=${path}`, `--chrome-flags=${browserFlags}`];
  if (desktop) words.push('--preset=desktop');
  await promisify(execFile)(process.execPath, [join(lighthouse, 'node_modules/lighthouse/cli/index.js'), ...words], {
    env: { ...process.env, CHROME_PATH: process.env.CHROME_PATH ?? '/usr/bin/chromium' },
  });
  return JSON.parse(readFileSync(path, 'utf8')) as Report;
}

async function start(folder: string): Promise<{ url: string; startMs: number; stop(): void }> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
    env: { ...process.env, PORT: '0', DATA_DIR: folder, LIBVIRT_URI: 'demo:///', DEMO_SPEED: '0', LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
      const found = /listens on (\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`the server ended: ${output}`)));
  });
  await fetch(`${url}/health`);
  return { url, startMs: performance.now() - startedAt, stop: () => void child.kill('SIGKILL') };
}

async function ask(url: string, query: string): Promise<{ dumps: { totalCount: number } }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return ((await answer.json()) as { data: { dumps: { totalCount: number } } }).data;
}

async function dumpSome(url: string): Promise<void> {
  await ask(url, 'mutation { triggerDumps(input: { all: true }) { accepted { id } } }');
  while ((await ask(url, '{ dumps(states: [QUEUED, RUNNING]) { totalCount } }')).dumps.totalCount > 0)
    await new Promise((resolve) => setTimeout(resolve, 200));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
