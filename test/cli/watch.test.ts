import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { memoir } from '../fakes/command-line.ts';
import { ask } from '../fakes/graphql-client.ts';
import type { TestServer } from '../fakes/open-server.ts';
import { startTestServer } from '../fakes/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

async function dump({ url, dumping, operations }: TestServer): Promise<void> {
  const { data } = await ask(url, 'mutation { triggerDumps(input: { vms: ["vm-1"] }) { accepted { id } } }');
  (await dumping.next()).finish();
  await operations.settled(data.triggerDumps.accepted[0].id);
}

/** Watches until so many events were seen, then leaves. */
async function watchUntil(url: string, count: number, args: readonly string[]) {
  const leaving = new AbortController();
  let lines = 0;
  const done = memoir(url, ['--json', 'watch', ...args], {
    signal: leaving.signal,
    onOut: () => {
      lines += 1;
      // Not before the event was dealt with: its cursor is written then.
      if (lines === count) setTimeout(() => leaving.abort(), 200);
    },
  });
  const { code, out, told } = await done;
  return {
    code,
    told,
    events: out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; type: string }),
  };
}

describe('memoir watch', () => {
  it('goes on where it was, by its cursor file', async () => {
    const server = await startTestServer();
    const file = join(temporaryFolder(), 'cursor');
    await dump(server);
    const first = await watchUntil(server.url, 3, ['--after', '0', '--cursor-file', file]);
    expect(first.events.map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'QUEUED'],
      [2, 'STARTED'],
      [3, 'COMPLETED'],
    ]);
    expect(readFileSync(file, 'utf8')).toBe('3\n');
    await dump(server);
    const second = await watchUntil(server.url, 3, ['--cursor-file', file]);
    expect(second.events.map(({ seq }) => seq)).toEqual([4, 5, 6]);
  });

  it('runs a command for each event, in order, without a shell', async () => {
    const server = await startTestServer();
    const file = join(temporaryFolder(), 'seen');
    await dump(server);
    const script = `const { appendFileSync, readFileSync } = require('node:fs'); const event = JSON.parse(readFileSync(0, 'utf8')); appendFileSync(${JSON.stringify(file)}, event.seq + process.argv[1] + '\\n')`;
    await watchUntil(server.url, 3, [
      '--after',
      '0',
      '--exec',
      process.execPath,
      '--',
      '-e',
      script,
      '$(echo no shell)',
    ]);
    expect(readFileSync(file, 'utf8')).toBe([1, 2, 3].map((seq) => `${seq}$(echo no shell)\n`).join(''));
  });

  it('comes back by itself when the connection breaks, and misses nothing meanwhile', async () => {
    const server = await startTestServer();
    // Passes requests on until it is told to break all connections.
    const proxy = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const headers = { 'content-type': 'application/json', accept: request.headers.accept ?? '*/*' };
        const answer = await fetch(server.url + request.url, { method: 'POST', headers, body: Buffer.concat(chunks) });
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        for await (const chunk of answer.body!) response.write(chunk);
        response.end();
      })().catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    await dump(server);
    const watching = watchUntil(url, 6, ['--after', '0']);
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text())
      .toContain('memoir_live_connections 1\n');
    proxy.closeAllConnections();
    await dump(server);
    const { events, told } = await watching;
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(told).toMatch(/trying again\nconnected again\n/);
  });
});
