import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { untilAborted } from '../../../async/until-aborted.ts';
import { MemoirError } from '../../../domain/memoir-error.ts';
import { LibvirtError } from '../../../libvirt/error.ts';
import type { CaptureOutcome } from '../../capture.ts';
import { isAway } from '../failure.ts';
import type { CaptureParts } from '../guest/capture-parts.ts';
import { refuseBeside } from '../guest/foreign-work.ts';
import { type Guest, isOver, type Migration, stateObstacle, survivesInterruption } from '../guest/guest.ts';
import { checkRegions } from '../guest/memory-plan.ts';
import { PauseMeter } from '../guest/pause-meter.ts';
import { machineStateOf } from '../inventory/machine-state.ts';
import { throughRestarts } from '../link/links.ts';
import { type SnapshotSourceOptions, snapshotSource } from './snapshot-source.ts';

/** How often QEMU is asked how far it is, beside its own events. */
const pollMs = 150;
/** How long one end of the stream waits for what the other has to say about its failure. */
const graceMs = 150;

/**
 * Takes a background snapshot: probe, listen, set the capability, migrate to our socket, follow it to both of its ends. What
 * it changes is put right by whoever calls it (`restore`), also when it fails or dies: nothing is undone here.
 *
 * The reader's thread reads the stream meanwhile and waits for nothing of this: QEMU may be unable to answer until its
 * stream is read.
 */
export async function takeSnapshot(parts: CaptureParts): Promise<CaptureOutcome> {
  const { links, guest, plan, reader, signal, wasRunning, touch } = parts;
  const options = snapshotSource.optionsOf(plan);
  const meter = new PauseMeter();
  try {
    const patiently = <T>(ask: () => Promise<T>): Promise<T> => throughRestarts(links, signal, ask);
    await patiently(() => probe(guest));
    await patiently(() => checkRegions(guest, options.regions));
    await meter.start(links.control, guest.domain);
    await untilAborted(reader.open(), signal);
    await touch();
    const sockets = socketsOf(options);
    const before = await patiently(() => guest.migration());
    const wasOff = (await patiently(() => guest.snapshotCapability())) === false;
    signal.throwIfAborted();
    const startedAtMs = Date.now();
    // Nothing in between: a migration that somebody begins while the capability is on becomes a snapshot (`cancelMadeByUs`),
    // and QEMU has no way to set the one and begin the other at once.
    await patiently(() => enable(guest));
    await connect(parts, sockets, meter, { ...before, wasOff });
    await untilAborted(follow(parts, meter), signal);
    await patiently(() => checkRegions(guest, options.regions));
    return {
      // A guest that did not execute anyway did not stop because of us.
      guestPauseMs: wasRunning ? meter.pauseMs : 0,
      capturedAtMs: Math.round(meter.stoppedAtMs ?? startedAtMs),
    };
  } finally {
    await meter.close();
  }
}

/** Asked again right before: a plan may be seconds old. */
async function probe(guest: Guest): Promise<void> {
  const { state, reason } = await guest.state();
  const obstacle = stateObstacle(machineStateOf(state, reason).state, await guest.version());
  if (obstacle !== null) throw new MemoirError('METHOD_UNAVAILABLE', obstacle);
  await refuseBeside(guest, 'SNAPSHOT');
  const [blocked] = (await guest.migration()).blockedReasons;
  if (blocked !== undefined)
    throw new MemoirError('METHOD_UNAVAILABLE', `QEMU cannot save the guest’s state: ${blocked}`);
}

/**
 * The real test whether this guest's memory can be protected: QEMU registers all of it and lets it go again. If that is
 * refused, nothing may be migrated: without the capability it would be a plain migration, which stops the guest.
 */
async function enable(guest: Guest): Promise<void> {
  try {
    await guest.setSnapshotCapability(true);
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.code !== 'MONITOR_ERROR') throw error;
    await refuseBeside(guest, 'SNAPSHOT', error);
    throw new MemoirError('METHOD_UNAVAILABLE', `QEMU refuses a background snapshot: ${error.message}`, {
      cause: error,
      hint: /not supported by host kernel/.test(error.message)
        ? 'Let QEMU use userfaultfd: sysctl vm.unprivileged_userfaultfd=1. CORE_DUMP works without.'
        : 'Choose CORE_DUMP for this machine.',
    });
  }
}

/** Where the reader listens, in the order in which QEMU is to try. */
function socketsOf({ guestSocket, ownSocket }: SnapshotSourceOptions): string[] {
  return [guestSocket, ownSocket?.path ?? null].filter((path) => path !== null).filter((path) => existsSync(path));
}

/**
 * Sends QEMU to one socket after the other until it gets through. `migrate` answers before it has connected; a failure to
 * connect shows in the migration's state, and the guest has not been stopped by then.
 */
async function connect(
  parts: CaptureParts,
  sockets: readonly string[],
  meter: PauseMeter,
  first: Before,
): Promise<void> {
  const { plan, reader, signal } = parts;
  const refusals: string[] = [];
  let before = first;
  for (const socket of sockets) {
    // Whoever gave up while QEMU registered its memory, which takes long, or while it tried a socket.
    signal.throwIfAborted();
    await send(parts, socket, meter, before);
    const inSetup = setupWatch(plan.memoryBytes, reader);
    const migration = await untilAborted(settled(parts, meter, inSetup), signal);
    if (migration.status !== 'failed' || !/connect/i.test(migration.error ?? '')) return;
    refusals.push(migration.error ?? 'failed');
    before = { ...migration, wasOff: first.wasOff };
  }
  throw new MemoirError('METHOD_UNAVAILABLE', `QEMU cannot reach the server’s socket: ${refusals.join('; ')}`, {
    hint: 'A security module or a private /tmp may be between them: see deploy/. CORE_DUMP works without.',
  });
}

/** How QEMU stood before our `migrate` was sent: its last migration, and whether nobody had the capability on. */
type Before = Migration & { readonly wasOff: boolean };

async function send(
  { guest, links, signal }: CaptureParts,
  socket: string,
  meter: PauseMeter,
  before: Before,
): Promise<void> {
  meter.begin();
  try {
    await guest.migrate(socket);
  } catch (error) {
    // Refused because another one began since the probe: that one is not ours, and nothing of it may be taken for ours.
    if (error instanceof LibvirtError && error.code === 'MONITOR_ERROR') {
      if (before.wasOff) await cancelMadeByUs(guest, error);
      await refuseBeside(guest, 'SNAPSHOT', error);
    }
    if (!isAway(error)) throw error;
    // libvirtd went away with the answer. Nothing ran before, so what runs, or has completed, is what was sent.
    const after = await throughRestarts(links, signal, () => guest.migration());
    if (!isOver(after) || (after.status === 'completed' && before.status !== 'completed')) return;
    await throughRestarts(links, signal, () => guest.migrate(socket));
  }
}

/**
 * Somebody's migration that began between our two commands: QEMU refuses the capability while one runs, so it began under
 * ours, and is a background snapshot that goes on beside a running guest. Whoever sent it waits for the guest's whole state,
 * and a reader that is slow holds the guest up. It is cancelled before more comes of it, and that is said.
 */
async function cancelMadeByUs(guest: Guest, cause: LibvirtError): Promise<void> {
  if (isOver(await guest.migration()) || !survivesInterruption(await guest.version())) return;
  await guest.cancelMigration();
  throw new MemoirError(
    'MACHINE_BUSY',
    'somebody began to migrate this machine in the same moment, and QEMU made a snapshot of that migration; it has been cancelled, and must be repeated',
    { cause },
  );
}

/**
 * The migration when it has left its first moments behind, in which it connects. QEMU tells of each step by an event; to ask
 * it again and again would take its lock from the thread that is about to pause the guest, and lengthen the pause.
 */
async function settled(
  { guest, links, signal }: CaptureParts,
  meter: PauseMeter,
  inSetup: () => void,
): Promise<Migration> {
  for (;;) {
    const migration = await throughRestarts(links, signal, () => guest.migration());
    // Setup goes on while QEMU touches every page of the guest, which takes long for a large one.
    if (migration.status !== 'setup' && migration.status !== 'none') return migration;
    if (migration.status === 'setup') inSetup();
    await meter.wake.wait(pollMs);
  }
}

/** QEMU touches a GiB of shared memory in one to two seconds on a slow host, and says nothing but that it is at it. */
const setupMsPerGiB = 4_000;

/** A setup that QEMU is seen to be in is movement, for as long as one of so much memory may take. */
function setupWatch(memoryBytes: number, reader: CaptureParts['reader']): () => void {
  const deadline = performance.now() + 10_000 + (memoryBytes / 2 ** 30) * setupMsPerGiB;
  return () => {
    if (performance.now() < deadline) reader.moved();
  };
}

/**
 * To both ends: QEMU says that it completed (0.5 to 3 ms before the end of the stream), and the reader has read it whole. A
 * libvirtd that restarts meanwhile is waited for: neither QEMU nor the reader needs it.
 */
async function follow({ guest, reader, links, signal }: CaptureParts, meter: PauseMeter): Promise<void> {
  const look = (): Promise<Migration> => throughRestarts(links, signal, () => guest.migration());
  let readerFailure: { readonly error: unknown } | undefined;
  reader.drained.catch((error: unknown) => {
    readerFailure = { error };
    meter.wake.knock();
  });
  for (;;) {
    const hadFailed = readerFailure !== undefined;
    const migration = await look();
    if (migration.status === 'completed' || meter.completed) break;
    if (hadFailed || isOver(migration)) {
      // Whoever notices first is not always whose fault it is: the other end hears of it within milliseconds.
      await sleep(graceMs);
      throw causeOf(await look(), readerFailure?.error);
    }
    await meter.wake.wait(pollMs);
  }
  await reader.drained;
}

/** A reader that gave up closes the socket, and QEMU fails; a QEMU that gave up closes it too, and the stream is cut short. */
function causeOf({ status, error }: Migration, readerError: unknown): unknown {
  const cutShort = readerError instanceof MemoirError && readerError.details.fault === 'TRUNCATED';
  if (readerError !== undefined && !cutShort) return readerError;
  return new MemoirError('CAPTURE_FAILED', `QEMU ended the snapshot: ${error ?? status}`, { cause: readerError });
}
