import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { connect } from '../src/libvirt/connect.ts';
import type { Connection } from '../src/libvirt/connection.ts';
import type { VolumeRef } from '../src/libvirt/protocol/handles.ts';
import { startBench } from '../test/integration/bench/bench.ts';
import { buildFirmware } from '../test/integration/bench/firmware.ts';

// npm run bench -- libvirt
//
// How fast the libvirt client is beside libvirt's own, on the same daemon (as root, with the packages of
// scripts/install-system-deps.sh). A question is a domain's state by its name: two calls. virsh and we ask in turns, best of
// three rounds each; what counts is the ratio, theirs over ours: above 1 we are faster.

const command = promisify(execFile);
const questions = 2000;
const fromNothing = 20;
const volumeBytes = 256 * 1024 * 1024;

async function ask(connection: Connection): Promise<void> {
  const domain = await connection.call('domainLookupByName', { name: 'asked' });
  const { state } = await connection.call('domainGetState', { domain, flags: 0 });
  if (state !== 1) throw new Error(`state ${state}`);
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

async function times(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let round = 0; round < count; round++) await work();
}

/** Runs a program with `input` as its standard input, and drops what it prints. */
async function feed(program: string, args: readonly string[], input: string): Promise<void> {
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(input);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${program} ended with code ${code}`);
}

/** The C library through its Python binding, where that is installed: the round trips without virsh around them. */
const pythonProgram = `
import libvirt, sys, time
connection = libvirt.open(sys.argv[1])
begin = time.perf_counter()
for _ in range(int(sys.argv[2])):
    connection.lookupByName('asked').state()
print(time.perf_counter() - begin)
`;

/** Rounds of ours and theirs in turns; the best of each, as both like it best. */
async function compare(
  what: string,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
  unit: (seconds: number) => string,
): Promise<void> {
  const best = { ours: Number.POSITIVE_INFINITY, theirs: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 3; round++) {
    best.ours = Math.min(best.ours, await ours());
    best.theirs = Math.min(best.theirs, await theirs());
  }
  const ratio = (best.theirs / best.ours).toFixed(2);
  console.log(
    `${what.padEnd(58)} ${unit(best.ours).padStart(10)} ${unit(best.theirs).padStart(10)} ${ratio.padStart(7)}×`,
  );
}

const perQuestion = (count: number) => (seconds: number) => `${((seconds / count) * 1e6).toFixed(0)} µs`;
const perSecond = (seconds: number) => `${Math.round(volumeBytes / 1e6 / seconds)} MB/s`;

export async function run(): Promise<void> {
  await using bench = await startBench();
  const firmware = await buildFirmware(bench.folder);
  const guest = await bench.startGuest({ name: 'asked', program: { firmware }, memoryMiB: 32 });
  await guest.waitFor(/READY/);
  const uri = `qemu:///system?socket=${bench.socketPath}`;

  const virsh = ['-q', '-c', bench.uri];

  const python = await command('/usr/bin/python3', ['-c', 'import libvirt']).then(
    () => true,
    () => false,
  );
  async function pythonSeconds(): Promise<number> {
    const { stdout } = await command('/usr/bin/python3', ['-c', pythonProgram, bench.uri, String(questions)]);
    return Number(stdout);
  }

  console.log(`${''.padEnd(58)} ${'ours'.padStart(10)} ${'theirs'.padStart(10)}   ratio`);
  await compare(
    'a question from nothing, against a run of virsh',
    () =>
      secondsOf(() =>
        times(fromNothing, async () => {
          await using connection = await connect(uri);
          await ask(connection);
        }),
      ),
    () => secondsOf(() => times(fromNothing, () => command('virsh', [...virsh, 'domstate', 'asked']))),
    perQuestion(fromNothing),
  );

  await using connection = await connect(uri);
  const start = await secondsOf(() => feed('virsh', virsh, 'quit\n'));
  const inTurn = () => secondsOf(() => times(questions, () => ask(connection)));
  await compare(
    `one of ${questions} questions in turn, against one run of virsh`,
    inTurn,
    async () => (await secondsOf(() => feed('virsh', virsh, 'domstate asked\n'.repeat(questions)))) - start,
    perQuestion(questions),
  );
  if (python) await compare('the same, against the C library in Python', inTurn, pythonSeconds, perQuestion(questions));
  else console.log('the same, against the C library in Python: not measured (package python3-libvirt)');
  await compare(
    `one of ${questions} questions at once on one connection, against the run`,
    () => secondsOf(() => Promise.all(Array.from({ length: questions }, () => ask(connection)))),
    async () => (await secondsOf(() => feed('virsh', virsh, 'domstate asked\n'.repeat(questions)))) - start,
    perQuestion(questions),
  );

  const folder = join(bench.exchange, 'pool');
  await mkdir(folder);
  const xml = `<pool type="dir"><name>p</name><target><path>${folder}</path></target></pool>`;
  const pool = await connection.call('storagePoolCreateXml', { xml, flags: 0 });
  const definition = `<volume><name>v</name><capacity>${volumeBytes}</capacity></volume>`;
  const volume: VolumeRef = await connection.call('storageVolCreateXml', { pool, xml: definition, flags: 0 });
  await truncate(volume.key, volumeBytes);
  await compare(
    'a volume of 256 MiB downloaded, against virsh vol-download',
    async () => {
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      return secondsOf(async () => pipeline(await connection.download(volume), nowhere));
    },
    () => secondsOf(() => command('virsh', [...virsh, 'vol-download', volume.key, '/dev/null'])),
    perSecond,
  );

  const latencies: number[] = [];
  for (let index = 0; index < questions; index++)
    latencies.push(await secondsOf(() => connection.call('connectGetLibVersion', {})));
  latencies.sort((a, b) => a - b);
  const at = (share: number) => `${((latencies[Math.floor(latencies.length * share)] ?? 0) * 1e6).toFixed(0)} µs`;
  console.log(`one call in turn: p50 ${at(0.5)}, p99 ${at(0.99)}`);
}
