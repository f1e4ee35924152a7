import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask } from '../fakes/graphql-client.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

function start(command: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** A tenth of them fails. Each is three events or more. */
const dumps = thorough ? 100 : 30;

async function startServer(folder: string, port: number): Promise<ChildProcess> {
  const child = start(process.execPath, ['test/fakes/dumping-server.ts', folder, String(port), String(dumps)]);
  await once(child.stdout!, 'data');
  return child;
}

const events = (file: string) =>
  (existsSync(file) ? readFileSync(file, 'utf8') : '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { seq: number; type: string; operationId: string });

const monitors: [string, string, string[]][] = [
  ['in TypeScript', process.execPath, ['examples/monitor.ts']],
  ['in plain shell', 'sh', ['examples/monitor.sh']],
];

describe.each(thorough ? monitors : monitors.slice(1))('the monitor %s', (_, command, args) => {
  it('sees every transition of many dumps once and in order, killed and restarted, with the server killed under it', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'events.jsonl');
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    let server = await startServer(folder, port);
    let monitor = start(command, [...args, file], { MEMOIR_URL: url });
    const seen = (count: number) =>
      expect.poll(() => events(file).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(count);

    const trigger = 'mutation { triggerDumps(input: { all: true }) { accepted { id } rejected { vm } } }';
    const { accepted, rejected } = (await ask(url, trigger)).data.triggerDumps;
    expect([accepted.length, rejected.length]).toEqual([dumps, 0]);

    await seen(dumps * 1.2);
    await kill(monitor);
    await sleep(100);
    monitor = start(command, [...args, file], { MEMOIR_URL: url });
    await seen(dumps * 1.7);
    await kill(server);
    await sleep(200);
    server = await startServer(folder, port);
    await seen(dumps * 2.3);
    await kill(monitor);
    monitor = start(command, [...args, file], { MEMOIR_URL: url });

    const last = async () => {
      const { data } = await ask(
        url,
        '{ service { eventCursor } operations(states: [QUEUED, RUNNING]) { totalCount } }',
      );
      return data.operations.totalCount === 0 ? Number(data.service.eventCursor) : Number.POSITIVE_INFINITY;
    };
    await expect.poll(async () => events(file).length === (await last()), { timeout: 60_000 }).toBe(true);
    await kill(monitor);

    const all = events(file);
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_event, index) => index + 1));
    const ends = all.filter(({ type }) => ['COMPLETED', 'FAILED', 'CANCELLED'].includes(type));
    expect(new Set(ends.map(({ operationId }) => operationId)).size).toBe(dumps);
    expect(ends).toHaveLength(dumps);
    await kill(server);
  }, 120_000);
});
