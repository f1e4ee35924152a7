import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { rm, stat } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs, promisify } from 'node:util';
import { createIdSource } from '../src/domain/id.ts';
import { CaptureThreads } from '../src/dumps/pipeline/capture-threads.ts';
import { ReconnectingConnection } from '../src/libvirt/reconnecting-connection.ts';
import type { CaptureMethod } from '../src/machines/capture.ts';
import type { Hypervisor } from '../src/machines/hypervisor.ts';
import { PauseMeter } from '../src/machines/libvirt/guest/pause-meter.ts';
import { createLibvirtHypervisor } from '../src/machines/libvirt/hypervisor.ts';
import { directoryStoreModule } from '../src/storage/directory/directory-store.ts';
import { type Bench, startBench } from '../test/integration/bench/bench.ts';
import type { Guest } from '../test/integration/bench/guest.ts';
import { litmus } from '../test/integration/bench/litmus.ts';
import { idle } from '../test/integration/bench/programs.ts';
import { startSnapshot } from '../test/integration/bench/snapshot-stream.ts';

// npm run bench -- capture [--memory MiB] [--noise MiB] [--rounds N] [--pauses N] [--only PATTERN]
//
// One guest, all contenders in turn, round after round, so that whatever else the machine does hits all of them. The guest
// is idle with NOISE MiB of random bytes beside what Linux needs. Medians; ratios within the run are what counts. With PATTERN
// only the contenders whose names it matches run, and nothing else.

const command = promisify(execFile);

interface Sample {
  readonly totalMs: number;
  readonly pauseMs: number | null;
  readonly bytes: number | null;
  /** What this process computed for it, on all threads: a figure that a busy machine does not change. */
  cpuMs?: number;
}

interface World {
  readonly bench: Bench;
  readonly link: ReconnectingConnection;
  readonly hypervisor: Hypervisor;
  readonly threads: CaptureThreads;
  readonly folder: string;
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      memory: { type: 'string', default: '1024' },
      noise: { type: 'string', default: '110' },
      rounds: { type: 'string', default: '3' },
      pauses: { type: 'string', default: '20' },
      only: { type: 'string', default: '' },
    },
  });
  await using bench = await startBench();
  const folder = join(bench.folder, 'bench');
  const link = new ReconnectingConnection(bench.uri);
  await link.ready();
  const hypervisor = await createLibvirtHypervisor({ uri: bench.uri, stateFolder: join(folder, 'state') });
  // As the server does: a thread waits for the next capture.
  const threads = new CaptureThreads();
  threads.keepOne();
  const world: World = { bench, link, hypervisor, threads, folder };
  try {
    const memoryMiB = Number(values.memory);
    const guest = await bench.startGuest({
      name: 'idle',
      memoryMiB,
      program: idle({ noiseMiB: Number(values.noise) }),
    });
    await guest.waitFor(/READY/);
    await speeds(world, guest, Number(values.rounds), new RegExp(values.only));
    if (values.only !== '') return;
    await parallel(world, guest, memoryMiB);
    await guest.destroy();
    await pauses(world, memoryMiB, Number(values.pauses));
  } finally {
    await threads.close();
    await hypervisor.close();
    await link.close();
  }
}

async function speeds(world: World, guest: Guest, rounds: number, only: RegExp): Promise<void> {
  const all: Record<string, () => Promise<Sample>> = {
    'QEMU → reader that throws away': () => discarded(world, guest),
    'memoir SNAPSHOT, ELF, zstd, hashed': () => ours(world, guest, 'SNAPSHOT'),
    'memoir CORE_DUMP, ELF, zstd, hashed': () => ours(world, guest, 'CORE_DUMP'),
    'virsh dump': () => theirs(world, guest, []),
    'virsh dump + zstd -1 -T2 + sha256sum': () =>
      theirs(world, guest, [['zstd', '-1', '-T2', '-q', '-f'], ['sha256sum']]),
    'virsh dump + sha256sum + gzip -1': () => theirs(world, guest, [['sha256sum'], ['gzip', '-1', '-f']]),
  };
  const contenders = Object.fromEntries(Object.entries(all).filter(([name]) => only.test(name)));
  const samples = new Map<string, Sample[]>(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries(contenders)) {
      const before = process.cpuUsage();
      const sample = await measure();
      const { user, system } = process.cpuUsage(before);
      sample.cpuMs = (user + system) / 1000;
      samples.get(name)?.push(sample);
      console.log(`round ${round + 1}  ${name}: ${line(sample)}`);
    }
  }
  console.log(
    `\nmedians of ${rounds} rounds (load of this machine: ${loadavg()[0]?.toFixed(1)} on ${cpus().length} CPUs)`,
  );
  for (const [name, list] of samples) {
    const middle = (pick: (sample: Sample) => number | null | undefined, digits: number): string =>
      median(list.map((sample) => pick(sample) ?? Number.NaN))
        .toFixed(digits)
        .padStart(8);
    const total = middle(({ totalMs }) => totalMs, 0);
    const pause = middle(({ pauseMs }) => pauseMs, 1);
    console.log(`  ${name.padEnd(38)}${total} ms  pause${pause} ms  own CPU${middle(({ cpuMs }) => cpuMs, 0)} ms`);
  }
}

const line = ({ totalMs, pauseMs, bytes }: Sample): string =>
  `${totalMs.toFixed(0)} ms, pause ${pauseMs?.toFixed(1) ?? '?'} ms, ${bytes === null ? '' : `${(bytes / 1e6).toFixed(1)} MB`}`;

/** What the stream takes if nobody does anything with it: the floor. */
async function discarded({ bench, link }: World, guest: Guest): Promise<Sample> {
  const meter = await metered(link, guest);
  const started = performance.now();
  await using snapshot = await startSnapshot(bench, guest);
  let bytes = 0;
  snapshot.socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  snapshot.socket.resume();
  await once(snapshot.socket, 'close');
  const totalMs = performance.now() - started;
  await snapshot.ended();
  await meter.close();
  return { totalMs, pauseMs: meter.pauseMs, bytes };
}

const nextId = createIdSource();

/** What an operation does, without the journal: plan, capture, commit. */
async function ours({ hypervisor, threads, folder }: World, guest: Guest, method: CaptureMethod): Promise<Sample> {
  const started = performance.now();
  const machine = await hypervisor.find(guest.uuid);
  if (machine === null) throw new Error(`${guest.name} is gone`);
  const plan = await hypervisor.plan(machine, method);
  const id = nextId();
  const thread = threads.start(
    {
      source: plan.source,
      store: { module: directoryStoreModule, options: { folder: join(folder, 'dumps') } },
      key: { folder: machine.id, file: `${id}.elf.zst` },
      expectedBytes: plan.memoryBytes,
      format: 'ELF',
      compression: 'ZSTD',
      spoolFolder: join(folder, 'spool'),
      spoolBytes: 2 * plan.memoryBytes,
    },
    { progress: () => undefined, moved: () => undefined, discard: async () => undefined },
  );
  const outcome = await hypervisor.capture(plan, thread.reader, new AbortController().signal);
  const manifest = await thread.finish(
    {
      id,
      host: hypervisor.host,
      machineId: machine.id,
      machineName: machine.name,
      vmid: machine.vmid ?? '',
      demo: false,
      actor: 'bench',
      method,
      methodReason: plan.reason,
      format: 'ELF',
      compression: 'ZSTD',
      guestPauseMs: outcome.guestPauseMs,
      startedAtMs: Date.now(),
      capturedAtMs: outcome.capturedAtMs,
    },
    performance.now() - started,
  );
  const totalMs = performance.now() - started;
  await rm(join(folder, 'dumps', machine.id), { recursive: true });
  return { totalMs, pauseMs: outcome.guestPauseMs, bytes: manifest.sizeBytes };
}

/** What people do without Memoir. */
async function theirs({ bench, link }: World, guest: Guest, steps: readonly (readonly string[])[]): Promise<Sample> {
  const path = join(bench.folder, 'guests', 'theirs.elf');
  const meter = await metered(link, guest);
  const started = performance.now();
  await bench.virsh('dump', guest.uuid, path, '--memory-only');
  for (const [program, ...words] of steps) await command(program as string, [...words, path]);
  const totalMs = performance.now() - started;
  await meter.close();
  const sizes = await Promise.all([path, `${path}.zst`, `${path}.gz`].map((file) => stat(file).catch(() => null)));
  await Promise.all([path, `${path}.zst`, `${path}.gz`].map((file) => rm(file, { force: true })));
  return { totalMs, pauseMs: meter.pauseMs, bytes: sizes.findLast((found) => found !== null)?.size ?? null };
}

async function metered(link: ReconnectingConnection, guest: Guest): Promise<PauseMeter> {
  const meter = new PauseMeter();
  await meter.start(link, await link.call('domainLookupByUuid', { uuid: guest.uuid }));
  return meter;
}

/** Two dumps at once: what this process takes, and how late its event loop is. */
async function parallel(world: World, first: Guest, memoryMiB: number): Promise<void> {
  const second = await world.bench.startGuest({ name: 'second', memoryMiB, program: idle({ noiseMiB: 110 }) });
  await second.waitFor(/READY/);
  const before = process.memoryUsage.rss();
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await Promise.all([ours(world, first, 'SNAPSHOT'), ours(world, second, 'SNAPSHOT')]);
  delay.disable();
  clearInterval(sampler);
  await second.destroy();
  const mb = (bytes: number): string => (bytes / 1e6).toFixed(0);
  console.log(
    `\ntwo dumps at once: RSS ${mb(before)} → ${mb(peak)} MB, event loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  );
}

/**
 * The pause of a guest that writes as fast as it can, by QEMU's own STOP and RESUME events; and what QEMU alone makes of it,
 * in turn with ours: the difference is what we add.
 */
async function pauses(world: World, memoryMiB: number, count: number): Promise<void> {
  const guest = await world.bench.startGuest({ name: 'busy', memoryMiB, program: await litmus({ pages: 32768 }) });
  await guest.waitFor(/READY/);
  const found: Record<string, number[]> = { memoir: [], 'QEMU → reader that throws away': [] };
  for (let round = 0; round < count; round++) {
    found.memoir?.push((await ours(world, guest, 'SNAPSHOT')).pauseMs ?? Number.NaN);
    found['QEMU → reader that throws away']?.push((await discarded(world, guest)).pauseMs ?? Number.NaN);
  }
  const dump = (await theirs(world, guest, [])).pauseMs;
  console.log(`\npause of a busy guest, ${count} snapshots each; virsh dump ${dump?.toFixed(0)} ms`);
  for (const [name, list] of Object.entries(found)) {
    list.sort((a, b) => a - b);
    const at = (part: number): string =>
      (list[Math.min(list.length - 1, Math.floor(list.length * part))] ?? 0).toFixed(1);
    console.log(`  ${name.padEnd(38)}median ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)} ms`);
  }
  await guest.destroy();
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
