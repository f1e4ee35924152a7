// Counts the files of src/ that three walks cross, in a server of its own on demo machines: npm exec -- node scripts/count-walks.ts [TREE] [--list]
//   trigger   from the mutation that asks for a dump to the artifact with its manifest
//   tick      from a capture that goes on to the subscriber of its progress
//   record    from a dump's end to its line in InfluxDB (the double of the tests)
// A file counts when one of its functions ran during the walk and not while the server idled; how often does not matter. What the
// modules do as they are loaded is left out. TREE is another checkout, to compare with.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { startInfluxDouble } from '../test/fakes/influxdb3/double.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { list: { type: 'boolean' } } });
const tree = resolve(positionals[0] ?? '.');
const source = `file://${join(tree, 'src')}/`;

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly { readonly startOffset: number; readonly count: number }[];
    }[];
  }[];
}

/** Chrome's DevTools protocol to the server's main thread and, through it, to all of its other threads. */
async function attach(url: string) {
  const socket = new WebSocket(url, { maxPayload: 1 << 28 });
  await new Promise((opened) => socket.once('open', opened));
  const answers = new Map<string, (result: unknown) => void>();
  const threads = new Set<string>(['']);
  let last = 0;
  const send = (thread: string, method: string, params: object = {}) => {
    last += 1;
    const message = { id: last, method, params };
    const answer = new Promise<unknown>((resolveAnswer) => answers.set(`${thread} ${last}`, resolveAnswer));
    if (thread === '') socket.send(JSON.stringify(message));
    else {
      const wrapped = { sessionId: thread, message: JSON.stringify(message) };
      socket.send(JSON.stringify({ id: 1_000_000 + last, method: 'NodeWorker.sendMessageToWorker', params: wrapped }));
    }
    return answer;
  };
  const count = async (thread: string) => {
    await send(thread, 'Profiler.enable');
    await send(thread, 'Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  };
  const receive = (thread: string, text: string) => {
    const { id, result, method, params } = JSON.parse(text);
    if (id !== undefined) answers.get(`${thread} ${id}`)?.(result);
    else if (method === 'NodeWorker.attachedToWorker') {
      threads.add(params.sessionId);
      void count(params.sessionId).then(() => send(params.sessionId, 'Runtime.runIfWaitingForDebugger'));
    } else if (method === 'NodeWorker.detachedFromWorker') {
      threads.delete(params.sessionId);
      for (const [key, settle] of answers) if (key.startsWith(`${params.sessionId} `)) settle(undefined);
      asked.delete(params.sessionId);
    } else if (method === 'NodeWorker.receivedMessageFromWorker') receive(params.sessionId, params.message);
  };
  socket.on('message', (data) => receive('', String(data)));
  await count('');
  await send('', 'NodeWorker.enable', { waitForDebuggerOnStart: true });
  let names = new Set<string>();
  const asked = new Map<string, Promise<void>>();
  const take = async (thread: string) => {
    const coverage = (await send(thread, 'Profiler.takePreciseCoverage')) as Coverage | undefined;
    for (const { url: file, functions } of coverage?.result ?? [])
      if (file.startsWith(source))
        for (const { functionName, ranges } of functions)
          if (ranges[0] !== undefined && ranges[0].count > 0 && ranges[0].startOffset > 0)
            names.add(`${file.slice(source.length)} ${functionName} ${ranges[0].startOffset}`);
    asked.delete(thread);
  };
  return {
    /** Names of the functions that ran since this was asked last, with their files in front. */
    async taken(): Promise<Set<string>> {
      for (const thread of threads) if (!asked.has(thread)) asked.set(thread, take(thread));
      // A thread that stands still answers when it goes on: then it counts for the next time.
      await Promise.race([Promise.all(asked.values()), setTimeout(300)]);
      const taken = names;
      names = new Set();
      return taken;
    },
    close: () => socket.close(),
  };
}

async function startServer(speed: number, influx?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'memoir-walks-'));
  const { INFLUX_URL: _, ...rest } = process.env;
  const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', 'src/main.ts', 'serve'], {
    cwd: tree,
    env: {
      ...rest,
      PORT: '0',
      DATA_DIR: folder,
      LIBVIRT_URI: 'demo:///',
      DEMO_SPEED: String(speed),
      LOG_LEVEL: 'info',
      ...(influx !== undefined && { INFLUX_URL: influx, INFLUX_TOKEN: '' }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const says = (pattern: RegExp) =>
    new Promise<string>((found, failed) => {
      let text = '';
      const read = (chunk: Buffer) => {
        text += chunk;
        const [, match] = pattern.exec(text) ?? [];
        if (match !== undefined) found(match);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', () => failed(new Error(`the server ended: ${text}`)));
    });
  const [inspector, url] = await Promise.all([
    says(/Debugger listening on (ws:\S+)/),
    says(/listens on (http:[^\s"]+)/),
  ]);
  const profiler = await attach(inspector);
  const ask = (query: string, accept = 'application/json') =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query }),
    });
  return {
    folder,
    ask,
    taken: profiler.taken,
    async close() {
      profiler.close();
      child.kill('SIGKILL');
      await new Promise((gone) => child.once('exit', gone));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
type Server = Awaited<ReturnType<typeof startServer>>;

/** What runs until `isOver`, and a moment longer. Looked at often: a thread that ends takes its counts along. */
async function functionsUntil(server: Server, isOver: () => boolean): Promise<Set<string>> {
  let functions = new Set<string>();
  for (let late = 0; late < 50; late += isOver() ? 1 : 0) {
    await setTimeout(30);
    functions = functions.union(await server.taken());
  }
  return functions;
}
const idle = async (server: Server, seconds: number) => {
  const end = Date.now() + seconds * 1000;
  return functionsUntil(server, () => Date.now() > end);
};
const trigger = 'mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } } }';
const artifacts = ({ folder }: Server) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.zst.json')).length;

const report = (walk: string, functions: Set<string>, but: Set<string>) => {
  const files = [...new Set([...functions.difference(but)].map((name) => name.split(' ')[0] as string))].sort();
  const rooms = [...Map.groupBy(files, (file) => file.split('/')[0] as string)].map(
    ([room, { length }]) => `${room} ${length}`,
  );
  console.log(`${walk.padEnd(8)} ${files.length} files: ${rooms.join(', ')}`);
  if (values.list) for (const file of files) console.log(`    ${file}`);
};

const plain = await startServer(128);
// The first minute of a server has work of its own.
const first = await idle(plain, 70);
const dumped = async (server: Server, isOver: () => boolean) => {
  await server.ask(trigger);
  return functionsUntil(server, isOver);
};
let dump = new Set<string>();
// Three of them: what a thread does in its last moments is counted if it was asked in time.
for (const count of [1, 2, 3]) dump = dump.union(await dumped(plain, () => artifacts(plain) === count));
report('trigger', dump, first);
await plain.close();

const slow = await startServer(4);
const stream = await slow
  .ask('subscription { dumpProgress { phase bytes: progress { doneBytes } } }', 'text/event-stream')
  .catch(() => null);
void stream?.text().catch(() => {});
const before = await idle(slow, 12);
await slow.ask(trigger);
await setTimeout(3_000);
await slow.taken();
report('tick', await idle(slow, 3), before);
await slow.close();

const double = await startInfluxDouble();
const fleet = await startServer(128, double.url);
await idle(fleet, 12);
const sent = await dumped(fleet, () => double.store.taken.some((line) => line.startsWith('mem_dumps')));
// The dump's own rooms, and telemetry, which is sent as well.
const others = /^(dumps|formats|machines|storage|telemetry|graphql|http)\//;
report('record', new Set([...sent].filter((name) => !others.test(name))), first.union(dump));
await fleet.close();
await double.close();
