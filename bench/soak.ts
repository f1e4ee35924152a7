// Long: one scenario, with every action that belongs to it.
import { execFile } from 'node:child_process';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Bench, startBench } from '../test/integration/bench/bench.ts';
import {
  type HeldWork,
  holdMigration,
  holdSave,
  setSnapshotCapability,
  snapshotCapability,
} from '../test/integration/bench/foreign-work.ts';
import type { Guest } from '../test/integration/bench/guest.ts';
import { litmus } from '../test/integration/bench/litmus.ts';
import { artifactPaths, settledDumps, wrongLeftovers, wrongWithBooks, wrongWithGuest } from './soak/checks.ts';
import { Random } from './soak/random.ts';
import { SoakServer } from './soak/server.ts';

// npm run bench -- soak --minutes=30 --seed=1
//
// Everything at once, on four real guests and a real server (as root, with the packages of scripts/install-system-deps.sh):
// triggers, cancellations and deletions; a person who suspends guests; an administrator who saves and migrates them; libvirtd
// killed, the server killed, the disk filled up. What is done when, to whom, is decided by the seed. Nothing of the
// administrator's may be touched, and at the end every guest executes, no capability is on, and journal, records and files agree.
// Ends with code 1 where anything is otherwise. `--plant=save|suspend|artifact|capability` breaks one of these on purpose,
// to see that the soak notices.

const command = promisify(execFile);
const guestNames = ['one', 'two', 'three', 'four'];
const diskMiB = 2_500;
/** How long what is under way at the end may take. */
const settleMs = 180_000;
/** How long one action may take; longer means that something hangs. */
const actionMs = 240_000;

const breaches = ['save', 'suspend', 'artifact', 'capability'] as const;
type Breach = (typeof breaches)[number];

const weights = {
  trigger: 40,
  cancel: 10,
  delete: 10,
  suspend: 10,
  save: 8,
  migrate: 8,
  restartLibvirtd: 4,
  killServer: 4,
  fillDisk: 3,
};
type Action = keyof typeof weights;

interface Soak {
  readonly bench: Bench;
  readonly guests: readonly Guest[];
  readonly server: SoakServer;
  readonly dataFolder: string;
  readonly violations: string[];
  readonly counts: Map<string, number>;
  readonly history: string[];
  /** Guests that a person or an administrator is at. */
  readonly taken: Set<Guest>;
  readonly acknowledged: Set<string>;
  /** Ends of dumps that were asked for, to cancel or delete. */
  readonly ids: string[];
  /** Saves and migrations of an administrator that are under way: libvirtd's end would be theirs, too. */
  foreignCount: number;
  libvirtdBusy: boolean;
  serverBusy: boolean;
  /** What the soak does once itself that nobody may do. */
  planted: Breach | undefined;
}

const triggerDocument = `mutation ($vms: [String!]!, $method: MethodChoice!) {
  triggerDumps(input: { machines: { names: $vms }, method: $method }) { accepted { id } rejected { code } errors { code } } }`;
interface Triggered {
  readonly triggerDumps: {
    readonly accepted: readonly { readonly id: string }[] | null;
    readonly rejected: readonly { readonly code: string }[] | null;
    readonly errors: readonly { readonly code: string }[];
  };
}

/** What was done when, for whoever has to find out how it came to a violation. */
function note(soak: Soak, what: string): void {
  soak.history.push(`${(performance.now() / 1000).toFixed(2)} ${what}`);
  if (soak.history.length > 400) soak.history.shift();
}

function count(soak: Soak, what: string): void {
  note(soak, what);
  soak.counts.set(what, (soak.counts.get(what) ?? 0) + 1);
}

/** Whether this is the moment for what was planted: once. */
function plants(soak: Soak, breach: Breach): boolean {
  if (soak.planted !== breach) return false;
  soak.planted = undefined;
  return true;
}

function violation(soak: Soak, text: string): void {
  soak.violations.push(text);
  note(soak, text);
  console.log(`VIOLATION: ${text}\n  before it:\n    ${soak.history.slice(-40).join('\n    ')}`);
}

async function trigger(soak: Soak, guest: Guest, method: string): Promise<void> {
  const data = await soak.server.ask<Triggered>(triggerDocument, { vms: [guest.name], method });
  const { accepted, rejected, errors } = data?.triggerDumps ?? {};
  for (const { id } of accepted ?? []) {
    soak.acknowledged.add(id);
    soak.ids.push(id);
    count(soak, 'dumps accepted');
  }
  for (const { code } of [...(rejected ?? []), ...(errors ?? [])]) count(soak, `dumps refused: ${code}`);
  if (data === null) count(soak, 'triggers without an answer');
}

async function endOf(soak: Soak, field: 'cancelDump' | 'deleteDump', id: string): Promise<void> {
  const document = `mutation ($id: ID!) { ${field}(id: $id) { dump { id } errors { code } } }`;
  const data = await soak.server.ask<Record<string, { errors: readonly unknown[] } | null>>(document, { id });
  if (data?.[field]?.errors.length === 0) count(soak, field === 'cancelDump' ? 'dumps cancelled' : 'dumps deleted');
}

/** A person whose command meets a libvirtd that restarts gives it again. */
async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await ask();
    } catch (error) {
      if (attempt === 20) throw error;
      await sleep(500);
    }
}

/** A person suspends a guest and wants it suspended until it is resumed. */
async function suspend(soak: Soak, guest: Guest, holdMs: number): Promise<void> {
  try {
    // Without a libvirtd that dies: then nobody knows whether it was done.
    await counted(soak, () => soak.bench.virsh('suspend', guest.uuid));
  } catch {
    count(soak, 'suspends refused by libvirt');
    return;
  }
  // libvirt answers "done" where a capture has it paused just then, notes nothing, and resumes it with the capture.
  const reason = await persistently(() => soak.bench.virsh('domstate', guest.uuid, '--reason'));
  if (reason !== 'paused (user)') {
    count(soak, 'suspends that met the pause of a capture');
    await untilRunning(soak, guest);
    return;
  }
  note(soak, `${guest.name} is suspended`);
  await sleep(holdMs);
  if (plants(soak, 'suspend')) await soak.bench.virsh('resume', guest.uuid);
  const state = await persistently(() => guest.state());
  if (state !== 'paused') violation(soak, `${guest.name} was suspended by a person, and is ${state}`);
  await untilRunning(soak, guest);
  count(soak, 'suspends');
}

/** A person's resume. libvirtd may have died after it had done it, or a capture's end may have been first. */
async function untilRunning(soak: Soak, guest: Guest): Promise<void> {
  await persistently(async () => {
    if ((await guest.state()) !== 'running') await soak.bench.virsh('resume', guest.uuid);
  });
}

/** An administrator's save or migration: if it gets under way, nobody else may end it. */
async function foreign(
  soak: Soak,
  guest: Guest,
  what: 'save' | 'migration',
  hold: (bench: Bench, guest: Guest) => Promise<HeldWork>,
  holdMs: number,
): Promise<void> {
  let work: HeldWork;
  try {
    work = await hold(soak.bench, guest);
  } catch {
    // A capture was at it: QEMU does one at a time.
    count(soak, `foreign ${what}s refused`);
    return;
  }
  // One that QEMU refuses shows the capture's state for a moment: what is active with the capability off, before and after, is theirs.
  const isOff = async (): Promise<boolean> => !(await snapshotCapability(guest));
  const theirs = (await isOff()) && (await work.status()) === 'active' && (await isOff());
  await sleep(holdMs);
  if (theirs && what === 'save' && plants(soak, 'save')) await soak.bench.virsh('domjobabort', guest.uuid);
  const status = theirs ? await work.status() : 'active';
  if (status !== 'active') violation(soak, `a foreign ${what} of ${guest.name} is ${status}`);
  try {
    await work.finish();
    count(soak, theirs ? `foreign ${what}s` : `foreign ${what}s beside a capture`);
  } catch (error) {
    if (theirs) violation(soak, `a foreign ${what} of ${guest.name} failed: ${error}`);
    else count(soak, `foreign ${what}s refused`);
  }
}

/** Work that would not survive the end of libvirtd. */
async function counted(soak: Soak, work: () => Promise<unknown>): Promise<void> {
  soak.foreignCount += 1;
  try {
    await work();
  } finally {
    soak.foreignCount -= 1;
  }
}

async function restartLibvirtd(soak: Soak, awayMs: number): Promise<void> {
  await soak.bench.libvirtd.kill();
  await sleep(awayMs);
  await soak.bench.libvirtd.start();
  count(soak, 'libvirtd killed and started');
}

async function killServer(soak: Soak, signal: 'SIGKILL' | 'SIGTERM', awayMs: number): Promise<void> {
  const code = await soak.server.end(signal);
  if (signal === 'SIGTERM' && code !== 0) violation(soak, `the server ended with ${code} when it was asked to`);
  await sleep(awayMs);
  await soak.server.start();
  count(soak, `server ended by ${signal}`);
}

async function fillDisk(soak: Soak, leftMiB: number, holdMs: number): Promise<void> {
  const path = join(soak.dataFolder, '..', 'filler');
  const { bavail, bsize } = await statfs(soak.dataFolder);
  const bytes = Math.max(0, bavail * bsize - leftMiB * 2 ** 20);
  await command('fallocate', ['--length', String(Math.max(1, Math.floor(bytes))), path]).catch(() => undefined);
  await sleep(holdMs);
  await rm(path, { force: true });
  count(soak, 'disk filled up');
}

/** Draws everything from the seed first, whether or not the action can be carried out now. */
function act(soak: Soak, random: Random): Promise<void> | null {
  const action: Action = random.weighted(weights);
  const guest = random.of(soak.guests);
  const method = random.weighted({ AUTO: 4, SNAPSHOT: 4, CORE_DUMP: 3 });
  const pick = random.next();
  const holdMs = random.between(200, 3_000);
  const id = soak.ids[Math.floor(pick * soak.ids.length)] ?? '';
  const recent = soak.ids.at(-1 - Math.floor(pick * 4)) ?? '';

  const withGuest = (work: () => Promise<void>): Promise<void> | null => {
    if (soak.taken.has(guest) || soak.libvirtdBusy) return null;
    soak.taken.add(guest);
    return work().finally(() => soak.taken.delete(guest));
  };
  note(soak, `${action} ${guest.name} ${action === 'trigger' ? method : ''}`);
  switch (action) {
    case 'trigger':
      return trigger(soak, guest, method);
    case 'cancel':
      return endOf(soak, 'cancelDump', recent);
    case 'delete':
      return endOf(soak, 'deleteDump', id);
    case 'suspend':
      return withGuest(() => suspend(soak, guest, holdMs));
    case 'save':
      return withGuest(() => counted(soak, () => foreign(soak, guest, 'save', holdSave, holdMs)));
    case 'migrate':
      return withGuest(() => counted(soak, () => foreign(soak, guest, 'migration', holdMigration, holdMs)));
    case 'restartLibvirtd':
      if (soak.libvirtdBusy || soak.foreignCount > 0) return null;
      soak.libvirtdBusy = true;
      return restartLibvirtd(soak, holdMs / 6).finally(() => {
        soak.libvirtdBusy = false;
      });
    case 'killServer':
    case 'fillDisk': {
      // A server that starts on a full disk has a right not to.
      if (soak.serverBusy) return null;
      soak.serverBusy = true;
      const work =
        action === 'fillDisk'
          ? fillDisk(soak, pick * 40, holdMs)
          : killServer(soak, pick < 0.75 ? 'SIGKILL' : 'SIGTERM', holdMs / 6);
      return work.finally(() => {
        soak.serverBusy = false;
      });
    }
    default:
      return action satisfies never;
  }
}

/** Fails where the work takes too long: a hang is to be told, not waited for. */
async function bounded(name: string, work: Promise<void>): Promise<void> {
  const late = new AbortController();
  const deadline = sleep(actionMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${name} took longer than ${actionMs} ms`);
  });
  try {
    await Promise.race([work, deadline]);
  } finally {
    deadline.catch(() => undefined);
    late.abort();
  }
}

async function rage(soak: Soak, random: Random, untilMs: number): Promise<void> {
  const underWay = new Set<Promise<void>>();
  while (performance.now() < untilMs) {
    const action = act(soak, random);
    const name = soak.history.at(-1) ?? '';
    if (action !== null) {
      const work = bounded(name, action).catch((error: unknown) => violation(soak, `an action failed: ${error}`));
      underWay.add(work);
      void work.finally(() => underWay.delete(work));
    }
    await sleep(random.between(50, 1_200));
  }
  await Promise.all(underWay);
}

async function judge(soak: Soak): Promise<void> {
  const { bench, server, dataFolder } = soak;
  const dumps = await settledDumps(server, settleMs);
  for (const { state, error } of dumps) count(soak, `ended ${state}${error === null ? '' : ` ${error.code}`}`);
  // Restorations that were waiting for someone's end have had theirs.
  const deadline = performance.now() + 90_000;
  const [artifact] = await artifactPaths(server);
  if (artifact !== undefined && plants(soak, 'artifact')) await rm(artifact);
  if (plants(soak, 'capability')) await setSnapshotCapability(soak.guests[0] as Guest, true);
  let wrong: string[];
  do {
    await sleep(1_000);
    wrong = await wrongLeftovers(bench, dataFolder);
  } while (wrong.length > 0 && performance.now() < deadline);
  for (const guest of soak.guests) wrong.push(...(await wrongWithGuest(guest)));
  wrong.push(...(await wrongWithBooks(server, dumps, soak.acknowledged, join(dataFolder, 'dumps'))));
  for (const text of wrong) violation(soak, text);
}

function setting(args: readonly string[], name: string, otherwise: number): number {
  const found = args.find((arg) => arg.startsWith(`--${name}=`));
  const value = found === undefined ? otherwise : Number(found.slice(name.length + 3));
  if (!Number.isFinite(value)) throw new Error(`${found} is not a number`);
  return value;
}

export async function run(args: readonly string[]): Promise<void> {
  const minutes = setting(args, 'minutes', 5);
  const seed = setting(args, 'seed', 1);
  const plant = args.find((arg) => arg.startsWith('--plant='))?.slice('--plant='.length);
  const planted = breaches.find((breach) => breach === plant);
  if (plant !== planted) throw new Error(`--plant takes ${breaches.join(', ')}`);
  await using bench = await startBench();
  const disk = join(bench.folder, 'disk');
  await mkdir(disk);
  await command('mount', ['-t', 'tmpfs', '-o', `size=${diskMiB}m,mode=700`, 'tmpfs', disk]);
  const dataFolder = join(disk, 'data');
  const server = new SoakServer({ DATA_DIR: dataFolder, LIBVIRT_URI: bench.uri, MAX_PARALLEL_DUMPS: '3' });
  const soak: Soak = {
    bench,
    guests: [],
    server,
    dataFolder,
    violations: [],
    counts: new Map(),
    history: [],
    taken: new Set(),
    acknowledged: new Set(),
    ids: [],
    foreignCount: 0,
    libvirtdBusy: false,
    serverBusy: false,
    planted,
  };
  try {
    const program = await litmus({ pages: 1024 });
    const guests = await Promise.all(guestNames.map((name) => bench.startGuest({ name, memoryMiB: 144, program })));
    for (const guest of guests) await guest.waitFor(/READY/);
    await server.start();
    await rage({ ...soak, guests }, new Random(seed), performance.now() + minutes * 60_000);
    await judge({ ...soak, guests });
  } finally {
    await server.end('SIGKILL');
    await writeFile(join(bench.folder, 'server.log'), server.output);
    if (soak.violations.length > 0) {
      console.log(`\nwhat was done last:\n${soak.history.join('\n')}`);
      console.log(`\nwhat the server printed last:\n${server.output}`);
    }
    await command('umount', ['-l', disk]).catch(() => undefined);
  }
  console.log(`\nsoak of ${minutes} minutes, seed ${seed}`);
  for (const [what, times] of [...soak.counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`  ${String(times).padStart(5)}  ${what}`);
  console.log(soak.violations.length === 0 ? 'nothing is wrong' : `${soak.violations.length} VIOLATIONS`);
  for (const text of soak.violations) console.log(`  ${text}`);
  if (soak.violations.length > 0) process.exitCode = 1;
}
