import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { recordsHash, recordsQuery } from './servers/records-query.ts';
import type { Usage } from './servers/usage.ts';

// npm run bench -- http [connections] [seconds] [rounds]: requests per second of a page of 50 records, against a bare
// node:http server and a hello-world Yoga that send an answer of the same size; in turns on the same machine.

interface Contender {
  readonly name: string;
  readonly server: string;
  /** The body of the n-th request. */
  body(n: number): object;
}

const records = { first: 50, offset: 0 };
const different = (n: number) => ({ first: 50, offset: n % 900 });
const persistedQuery = { version: 1, sha256Hash: recordsHash };

const contenders: Contender[] = [
  { name: 'bare node:http', server: 'bare-node', body: () => ({ query: '{ hello }' }) },
  { name: 'hello-world Yoga', server: 'hello-yoga', body: () => ({ query: '{ hello }' }) },
  { name: 'ad hoc', server: 'memoir-records', body: () => ({ query: recordsQuery, variables: records }) },
  {
    name: 'ad hoc, all different',
    server: 'memoir-records',
    body: (n) => ({ query: recordsQuery, variables: different(n) }),
  },
  { name: 'persisted', server: 'memoir-records', body: () => ({ extensions: { persistedQuery }, variables: records }) },
  {
    name: 'persisted, all different',
    server: 'memoir-records',
    body: (n) => ({ extensions: { persistedQuery }, variables: different(n) }),
  },
];

interface Result {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMb: number;
}

export async function run(args: readonly string[]): Promise<void> {
  const [connections = 32, seconds = 4, rounds = 3] = args.map(Number);
  const size = await sizeOfPage();
  const results = new Map<string, Result[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const one of contenders) results.get(one.name)?.push(await measure(one, size, connections, seconds));
  }
  console.log(`${connections} connections, answers of ${size} bytes, medians of ${rounds} rounds of ${seconds} s`);
  const yoga = median(results.get('hello-world Yoga') ?? []).perSecond;
  for (const [name, list] of results) {
    const { perSecond, cpuMicros, p50Ms, p99Ms, rssMb } = median(list);
    const columns = [
      name.padEnd(26),
      `${perSecond.toFixed(0)}/s`.padStart(9),
      `${(perSecond / yoga).toFixed(2)} × Yoga`.padStart(12),
      `${cpuMicros.toFixed(0)} µs`.padStart(9),
      `p50 ${p50Ms.toFixed(1)} ms`.padStart(13),
      `p99 ${p99Ms.toFixed(1)} ms`.padStart(13),
      `${rssMb.toFixed(0)} MB`.padStart(8),
    ];
    console.log(columns.join('  '));
  }
}

async function start(server: string, size: number): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL(`./servers/${server}.ts`, import.meta.url), [String(size)]);
  const [{ port }] = (await once(child, 'message')) as [Usage];
  return { child, port };
}

async function sizeOfPage(): Promise<number> {
  const { child, port } = await start('memoir-records', 0);
  const body = JSON.stringify({ query: recordsQuery, variables: records });
  const headers = { 'content-type': 'application/json' };
  const answer = await (await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body })).text();
  child.disconnect();
  if (!answer.includes('"nodes":[{')) throw new Error(`no records: ${answer.slice(0, 300)}`);
  return answer.length;
}

async function measure(
  { server, body }: Contender,
  size: number,
  connections: number,
  seconds: number,
): Promise<Result> {
  const { child, port } = await start(server, size);
  const latencies: number[] = [];
  let sent = 0;
  const load = async (untilMs: number) => {
    latencies.length = 0;
    await Promise.all(Array.from({ length: connections }, () => drive(port, () => body(sent++), untilMs, latencies)));
  };
  await load(performance.now() + 1500);
  const before = await usage(child);
  const startedMs = performance.now();
  await load(startedMs + seconds * 1000);
  const elapsed = (performance.now() - startedMs) / 1000;
  const after = await usage(child);
  child.disconnect();
  await once(child, 'exit');
  latencies.sort((a, b) => a - b);
  return {
    perSecond: latencies.length / elapsed,
    cpuMicros: (after.cpuMicros - before.cpuMicros) / latencies.length,
    p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? Number.NaN,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
    rssMb: after.rssBytes / 1024 / 1024,
  };
}

async function usage(child: ChildProcess): Promise<Usage> {
  child.send('usage');
  return ((await once(child, 'message')) as [Usage])[0];
}

/** One connection that asks again as soon as it has its answer. Written on a bare socket, so as not to measure a client. */
function drive(port: number, body: () => object, untilMs: number, latencies: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').setNoDelay().on('error', reject);
    let startedMs = 0;
    let buffered = 0;
    let expected = -1;
    const ask = () => {
      const text = JSON.stringify(body());
      startedMs = performance.now();
      socket.write(
        `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      );
    };
    socket.on('data', (chunk: Buffer) => {
      buffered += chunk.length;
      if (expected < 0) {
        const head = chunk.toString('latin1', 0, Math.min(chunk.length, 4096));
        const end = head.indexOf('\r\n\r\n');
        const length = /content-length: (\d+)/i.exec(head)?.[1];
        if (!head.startsWith('HTTP/1.1 200') || end < 0 || length === undefined)
          return reject(new Error(head.slice(0, 500)));
        expected = end + 4 + Number(length);
      }
      if (buffered < expected) return;
      latencies.push(performance.now() - startedMs);
      buffered = 0;
      expected = -1;
      if (performance.now() < untilMs) ask();
      else socket.end(() => resolve());
    });
    ask();
  });
}

function median(results: readonly Result[]): Result {
  const sorted = [...results].sort((a, b) => a.perSecond - b.perSecond);
  return sorted[Math.floor(sorted.length / 2)] as Result;
}
