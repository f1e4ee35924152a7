import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import {
  type DrainedSnapshotOptions,
  drainedSnapshot,
  openSource,
} from '../../../src/machines/libvirt/snapshot/drained-snapshot-source.ts';
import { MemoryRecorder } from '../../fakes/in-process-reader.ts';
import { GuestMemory } from '../../fakes/libvirt/guest-memory.ts';
import { GuestWorld } from '../../fakes/libvirt/guest-world.ts';
import { listenersOf } from '../../fakes/listeners-of.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

// Before QEMU 8.1 the stream of a snapshot goes through a spool, by a process that reads it to the end whatever happens.
const limit = { timeout: 15_000 };
const old = { major: 8, minor: 0, micro: 5 };
const optionsOf = ({ source }: Awaited<ReturnType<GuestWorld['plan']>>): DrainedSnapshotOptions =>
  drainedSnapshot.optionsOf({ source });

function alone(more: Partial<DrainedSnapshotOptions> = {}): DrainedSnapshotOptions {
  const folder = temporaryFolder();
  const ownSocket = { folder: join(folder, 'meeting'), path: join(folder, 'meeting', 'sock') };
  const regions = [{ start: '0', end: '1000', offset: '0', name: 'pc.ram' }];
  const spool = { spool: join(folder, 'spool', 'one'), spoolBytes: 1 << 20 };
  return { regions, cpuCount: 1, guestSocket: null, ownSocket, owner: null, ...spool, ...more };
}
const unaborted = new AbortController().signal;
const nowhere = () => new MemoryRecorder(null, () => undefined);
/** The process of ours that listens at this path. */
function drainProcess(path: string): number {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const [mine, ...others] = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path));
  expect(others).toEqual([]);
  return Number(mine);
}

/** Descriptors of ours on a file, also on one that has lost its name. */
const descriptorsOf = (file: string): string[] =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(file);
    } catch {
      return false;
    }
  });

describe('a snapshot of an old QEMU', limit, () => {
  it('brings the guest’s memory byte by byte, through a spool that has no name', async () => {
    const world = await GuestWorld.start({ version: old });
    const plan = await world.plan('SNAPSHOT');
    const { spool } = optionsOf(plan);
    const middle = world.qemu.steps.hold('snapshot.middle');
    const { outcome, reader } = world.capture(plan, { keepImage: true });
    await middle.reached;
    // What has come is read before the rest has.
    await expect.poll(() => reader.recorder.passedBytes).toBeGreaterThan(1 << 20);
    expect(readdirSync(dirname(spool))).toEqual([]);
    expect(statSync(dirname(spool)).mode & 0o777).toBe(0o700);
    middle.release();
    await outcome;
    expect(reader.recorder.image?.equals(world.qemu.memory.ram)).toBe(true);
    world.expectAsBefore();
  });

  it('that is cancelled is read to its end all the same: the guest would freeze', async () => {
    const world = await GuestWorld.start({ version: old });
    const middle = world.qemu.steps.hold('snapshot.middle');
    const { outcome, controller } = await world.start('SNAPSHOT');
    await middle.reached;
    const reason = new MemoirError('CANCELLED', 'not needed any more');
    controller.abort(reason);
    middle.release();
    await expect(outcome).rejects.toBe(reason);
    expect(world.qemu.migrationStatus).toBe('completed');
    world.expectAsBefore();
  });

  it('that does not fit what was reserved is lost, and read to its end', async () => {
    const world = await GuestWorld.start({ version: old });
    const plan = await world.plan('SNAPSHOT');
    const options = { ...optionsOf(plan), spoolBytes: 1 << 20 };
    const { outcome } = world.capture({ ...plan, source: drainedSnapshot.of(options) });
    await expect(outcome).rejects.toMatchObject({
      code: 'CAPTURE_FAILED',
      message: expect.stringMatching(/the snapshot was lost: .*longer than the 1048576 bytes/),
    });
    expect(world.qemu.migrationStatus).toBe('completed');
    world.expectAsBefore();
  });

  it('may fill what was reserved', async () => {
    const world = await GuestWorld.start({ version: old, memory: new GuestMemory({ pages: 64 }) });
    const plan = await world.plan('SNAPSHOT');
    const options = { ...optionsOf(plan), spoolBytes: world.qemu.memory.stream().length };
    const { outcome, reader } = world.capture({ ...plan, source: drainedSnapshot.of(options) });
    await outcome;
    expect(reader.recorder.missingPages).toBe(0);
    world.expectAsBefore();
  });

  it('beside somebody’s migration cancels nothing: the guest would freeze', async () => {
    const world = await GuestWorld.start({ version: old, memory: new GuestMemory({ pages: 64 }) });
    world.qemu.steps.at('migrate', () => world.qemu.migrateElsewhere());
    const off = world.qemu.steps.hold('query-migrate-capabilities', 2);
    const { outcome } = await world.start('SNAPSHOT');
    await off.reached;
    expect(world.qemu.migrationStatus).toBe('active');
    world.qemu.migrateElsewhere('completed');
    off.release();
    await expect(outcome).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
    expect(world.qemu.commands).not.toContain('migrate_cancel');
    world.expectAsBefore();
  });
});

describe('the source of a drained snapshot', limit, () => {
  it('takes no more room than there is, and leaves nothing', async () => {
    const options = alone({ spoolBytes: 2 ** 60 });
    await expect(openSource(options)).rejects.toMatchObject({
      code: 'NO_SPACE',
      message: expect.stringContaining(String(2 ** 60)),
    });
    expect(readdirSync(dirname(options.spool))).toEqual([]);
    expect(descriptorsOf(options.spool)).toEqual([]);
  });

  it('takes no file of somebody else’s for its spool', async () => {
    const options = alone();
    mkdirSync(dirname(options.spool));
    writeFileSync(options.spool, 'theirs');
    await expect(openSource(options)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(options.spool, 'utf8')).toBe('theirs');
  });

  it('that cannot listen anywhere says that its process ended', async () => {
    const options = alone({ ownSocket: null });
    await expect(openSource(options)).rejects.toMatchObject({ code: 'CAPTURE_FAILED' });
    expect(descriptorsOf(options.spool)).toEqual([]);
  });

  it('ends with the signal’s reason, also with one that was there before, and when it is closed', async () => {
    const reason = new MemoirError('CANCELLED', 'enough');
    const options = alone();
    const early = await openSource(options);
    expect(descriptorsOf(options.spool)).toHaveLength(1);
    await expect(early.read(nowhere(), AbortSignal.abort(reason))).rejects.toBe(reason);
    await early.close();
    expect(descriptorsOf(options.spool)).toEqual([]);
    const source = await openSource(alone());
    const controller = new AbortController();
    const reading = source.read(nowhere(), controller.signal);
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await source.close();
    const closed = await openSource(alone());
    const ended = closed.read(nowhere(), unaborted);
    ended.catch(() => undefined);
    await closed.close();
    await expect(ended).rejects.toThrow('closed before its end');
    await closed.close();
  });

  it('whose process is killed has lost its snapshot', async () => {
    const options = alone();
    const source = await openSource(options);
    const reading = source.read(nowhere(), unaborted);
    reading.catch(() => undefined);
    process.kill(drainProcess(options.ownSocket?.path ?? ''), 'SIGKILL');
    await expect(reading).rejects.toMatchObject({
      code: 'CAPTURE_FAILED',
      message: expect.stringContaining('the process that drains the snapshot ended by itself'),
    });
    await source.close();
  });

  it('whose process is asked to stop goes on reading, says why the snapshot is lost, and removes its socket', async () => {
    const options = alone();
    const path = options.ownSocket?.path ?? '';
    const source = await openSource(options);
    const reading = source.read(nowhere(), unaborted);
    reading.catch(() => undefined);
    process.kill(drainProcess(path), 'SIGTERM');
    const qemu = connect(path);
    qemu.end('bytes');
    await expect(reading).rejects.toThrow('the snapshot was lost: the server was stopped');
    expect(existsSync(path)).toBe(false);
    await source.close();
  });

  it('that nothing was written to is a stream that is cut short', async () => {
    const options = alone();
    const source = await openSource(options);
    const qemu = connect(options.ownSocket?.path ?? '');
    qemu.end();
    const { signal } = new AbortController();
    const left = listenersOf(signal);
    await expect(source.read(nowhere(), signal)).rejects.toMatchObject({ code: 'STREAM_INVALID' });
    expect(left()).toBe(0);
    await source.close();
  });
});
