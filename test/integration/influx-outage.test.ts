import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { toLine } from '../../src/records/influx/point.ts';
import { createRandom, sampleRecord } from '../contracts/sample-records.ts';
import { startInfluxDouble } from '../fakes/influxdb3/double.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

const recorder = new URL('../fakes/dump-recorder.ts', import.meta.url).pathname;
const linesOf = (dumps: number) =>
  Array.from({ length: dumps }, (_, number) =>
    toLine(sampleRecord(number, { dom: `vm-${number % 7}, hostile=name \\` })),
  );

/** Starts the recorder; `ended` resolves when it ends or is killed, with what it said, `heard` when it has said something. */
function startRecorder(path: string, url: string, dumps: number) {
  const child: ChildProcess = spawn(process.execPath, [recorder, path, url, String(dumps)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  let listen = () => {};
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk;
    listen();
  });
  const heard = (text: string) =>
    new Promise<string>((resolve) => {
      listen = () => said.includes(text) && resolve(said);
      listen();
    });
  return { child, heard, ended: once(child, 'close').then(() => said) };
}

it('InfluxDB is down for all of 200 dumps, then up: 200 points, exactly once each, in order', async () => {
  const path = join(temporaryFolder(), 'memoir.db');
  const double = await startInfluxDouble();
  onTestFinished(() => double.close());
  await double.stop();
  const dumps = 200;
  const { heard, ended } = startRecorder(path, double.url, dumps);
  expect(await heard(`completed ${dumps}\n`)).not.toContain('drained');
  await double.start();
  expect(await ended).toContain('drained');
  expect(double.store.taken).toEqual(linesOf(dumps));
  expect(double.store.table('vmstats', 'mem_dumps')?.rows.size).toBe(dumps);
});

it.runIf(thorough)(
  'kill -9 anywhere, answers lost, InfluxDB coming and going: none lost, none doubled, each first sent in order',
  async () => {
    const path = join(temporaryFolder(), 'memoir.db');
    const double = await startInfluxDouble();
    onTestFinished(() => double.close());
    const dumps = 200;
    const random = createRandom(42);
    // A third of the writes is taken but not answered, a third neither.
    double.knobs.onWrite = () =>
      [null, { taken: true, silence: 'DROP' as const }, { silence: 'DROP' as const }][random(3)] ?? null;
    let kills = 0;
    for (;;) {
      const { child, ended } = startRecorder(path, double.url, dumps);
      // The first lives die early, so that every stage of the work is hit; later ones get ever more time.
      const killed = setTimeout(250 + random(150 + 40 * kills)).then(() => child.kill('SIGKILL'));
      if (kills % 3 === 1) await double.stop().then(() => double.start());
      const said = await ended;
      await killed;
      if (said.includes('drained')) break;
      kills += 1;
    }
    expect(kills).toBeGreaterThan(2);
    expect([...new Set(double.store.taken)]).toEqual(linesOf(dumps));
    expect(double.store.table('vmstats', 'mem_dumps')?.rows.size).toBe(dumps);
  },
  120_000,
);
