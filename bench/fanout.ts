import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Usage } from './servers/usage.ts';

// npm run bench -- fanout [subscribers] [seconds] [rounds]: what a message to one subscriber of dumpProgress costs the server's
// processor, against a raw `ws` broadcast of the same text, in turns on the same machine.

const query = `subscription { dumpProgress { id vmName state phase message final progress { percent doneBytes bytesPerSecond secondsLeft } } }`;

interface Result {
  readonly microsPerMessage: number;
  readonly messagesPerSecond: number;
  readonly rssMb: number;
}

export async function run(args: readonly string[]): Promise<void> {
  const [subscribers = 1000, seconds = 5, rounds = 3] = args.map(Number);
  const results: Record<string, Result[]> = { 'raw-broadcast': [], 'memoir-progress': [] };
  for (let round = 0; round < rounds; round++) {
    for (const [name, list] of Object.entries(results)) list.push(await measure(name, subscribers, seconds));
  }
  const [raw, memoir] = Object.values(results).map((list) => median(list.map((result) => result.microsPerMessage)));
  for (const [name, list] of Object.entries(results)) {
    for (const { microsPerMessage, messagesPerSecond, rssMb } of list) {
      console.log(
        `${name.padEnd(16)} ${microsPerMessage.toFixed(1)} µs/message  ${messagesPerSecond.toFixed(0)} messages/s  ${rssMb.toFixed(0)} MB`,
      );
    }
  }
  console.log(`${subscribers} subscribers: ${((memoir ?? 0) / (raw ?? 1)).toFixed(2)} × raw ws (medians of ${rounds})`);
}

async function measure(name: string, subscribers: number, seconds: number): Promise<Result> {
  const child = fork(new URL(`./servers/${name}.ts`, import.meta.url));
  const [{ port }] = (await once(child, 'message')) as [Usage];
  let received = 0;
  const sockets = await Promise.all(Array.from({ length: subscribers }, () => subscribe(port, () => received++)));
  await sleep(1000);
  const [before, first] = [await usage(child), received];
  await sleep(seconds * 1000);
  const [after, last] = [await usage(child), received];
  for (const socket of sockets) socket.terminate();
  child.disconnect();
  await once(child, 'exit');
  const messages = last - first;
  return {
    microsPerMessage: (after.cpuMicros - before.cpuMicros) / messages,
    messagesPerSecond: messages / seconds,
    rssMb: after.rssBytes / 1024 / 1024,
  };
}

async function usage(child: ChildProcess): Promise<Usage> {
  child.send('usage');
  return ((await once(child, 'message')) as [Usage])[0];
}

async function subscribe(port: number, onMessage: () => void): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', { perMessageDeflate: false });
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  socket.on('message', onMessage);
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  return socket;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
