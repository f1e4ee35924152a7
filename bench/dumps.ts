import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// What the server costs while it dumps: memory, and how long callers wait meanwhile. Two simulated machines at once, from a
// source that is faster than any guest, so that everything behind it is at its limit.

/** As `npm start` has it (docs/decisions/0003-memory-of-the-process.md). */
const asStarted = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  NODE_COMPILE_CACHE: 'node_modules/.cache/compile',
};

export async function run(args: readonly string[]): Promise<void> {
  const speed = args[0] ?? '0';
  const folder = mkdtempSync(join(tmpdir(), 'memoir-bench-'));
  const started = performance.now();
  const server = spawn(process.execPath, ['src/main.ts', 'serve'], {
    env: {
      ...process.env,
      ...asStarted,
      PORT: '0',
      DATA_DIR: folder,
      LIBVIRT_URI: 'demo:///',
      DEMO_SPEED: speed,
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await listening(server);
    console.log(`start to listening: ${(performance.now() - started).toFixed(0)} ms, RSS ${rss(server)} MB`);
    await measure(server, `${url}/graphql`);
  } finally {
    const exited = once(server, 'exit');
    server.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(server: ChildProcess, url: string): Promise<void> {
  const idle = await latencies(url, Date.now() + 2_000);
  console.log(`idle: API p50 ${at(idle, 0.5)} ms, p99 ${at(idle, 0.99)} ms`);
  await query(url, 'mutation { triggerDumps(input: { vms: ["db-01", "mail-01"] }) { accepted { id } } }');
  const started = performance.now();
  let peak = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, rss(server));
  }, 50);
  const busy: number[] = [];
  for (;;) {
    busy.push(...(await latencies(url, Date.now() + 250)));
    const { dumps } = await query(url, '{ dumps(states: [QUEUED, RUNNING]) { totalCount } }');
    if (dumps.totalCount === 0) break;
  }
  clearInterval(sampler);
  console.log(`two dumps: ${((performance.now() - started) / 1000).toFixed(1)} s, peak RSS ${peak} MB`);
  console.log(`meanwhile: API p50 ${at(busy, 0.5)} ms, p99 ${at(busy, 0.99)} ms, of ${busy.length} calls`);
}

async function latencies(url: string, untilMs: number): Promise<number[]> {
  const times: number[] = [];
  while (Date.now() < untilMs) {
    const started = performance.now();
    await query(url, '{ __typename }');
    times.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return times;
}

// biome-ignore lint/suspicious/noExplicitAny: the bench reads what it asked for.
async function query(url: string, document: string): Promise<any> {
  const body = JSON.stringify({ query: document });
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return ((await response.json()) as { data: unknown }).data;
}

function at(times: number[], part: number): string {
  return (times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? Number.NaN).toFixed(1);
}

function rss(server: ChildProcess): number {
  const found = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'));
  return Math.round(Number(found?.[1]) / 1024);
}

function listening(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    server.stdout?.on('data', (chunk) => {
      output += chunk;
      const found = /listens on (\S+)/.exec(output);
      if (found) resolve(found[1] as string);
    });
    server.once('exit', () => reject(new Error(`the server ended: ${output}`)));
  });
}
