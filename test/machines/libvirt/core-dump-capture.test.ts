import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import { coreDumpSource } from '../../../src/machines/libvirt/core-dump/core-dump-source.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';
import { GuestMemory } from '../../fakes/libvirt/guest-memory.ts';
import { GuestWorld } from '../../fakes/libvirt/guest-world.ts';
import { FakeFailure } from '../../fakes/libvirt/handlers.ts';
import { passTime } from '../../fakes/libvirt/pass-time.ts';

// A core dump from its first question to the last thing that is put right. A limit of seconds tells that something waited that
// should not have.
const limit = { timeout: 12_000 };

const small = () => new GuestMemory({ pages: 64 });
const noteOf = ({ bench, guest }: GuestWorld) =>
  JSON.parse(readFileSync(join(bench.stateFolder, 'captures', `${guest.ref.uuid}.json`), 'utf8'));
const reasonOf = (text: string) => new MemoirError('CANCELLED', text);

describe('a core dump', limit, () => {
  it('brings the guest’s memory byte by byte, and the moment and the pause by QEMU’s own clock', async () => {
    const world = await GuestWorld.start();
    const [asked, paused] = [world.qemu.steps.hold('dump'), world.qemu.steps.hold('dump.paused')];
    const plan = await world.plan('CORE_DUMP');
    const { outcome, reader } = world.capture(plan, { keepImage: true });
    await asked.reached;
    const from = Date.now() + 3;
    await expect.poll(() => Date.now()).toBeGreaterThan(from);
    asked.release();
    await paused.reached;
    const stopped = Date.now();
    expect(world.qemu.running).toBe(false);
    expect(noteOf(world)).toMatchObject({
      method: 'CORE_DUMP',
      touched: true,
      interruptible: true,
      wasRunning: true,
      places: [coreDumpSource.optionsOf(plan).place],
      sockets: [],
      volume: null,
    });
    const until = stopped + 20;
    await expect.poll(() => Date.now()).toBeGreaterThan(until);
    paused.release();
    const { guestPauseMs, capturedAtMs } = await outcome;
    expect(reader.recorder.image?.equals(world.qemu.memory.ram)).toBe(true);
    expect(reader.recorder.receivedBytes).toBe(world.qemu.memory.core().length);
    expect(guestPauseMs).toBeGreaterThanOrEqual(19);
    expect(capturedAtMs).toBeGreaterThanOrEqual(from);
    expect(capturedAtMs).toBeLessThanOrEqual(stopped + 1);
    world.expectAsBefore();
  });

  it('of a paused guest pauses it for nothing, and leaves it paused', async () => {
    const world = await GuestWorld.start({ paused: true, memory: small() });
    const from = Date.now();
    const { guestPauseMs, capturedAtMs } = await (await world.start('CORE_DUMP')).outcome;
    expect(guestPauseMs).toBe(0);
    expect(capturedAtMs).toBeGreaterThanOrEqual(from);
    world.expectAsBefore('PAUSED');
  });

  it('is seen to move by libvirt’s own count, for as long as that goes on', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const written = world.qemu.steps.hold('dump.written');
    const { outcome, reader } = await world.start('CORE_DUMP');
    await written.reached;
    await expect.poll(() => reader.moves).toBe(1);
    const looks = world.qemu.steps.passed.get('job') ?? 0;
    await expect.poll(() => world.qemu.steps.passed.get('job')).toBeGreaterThan(looks + 1);
    expect(reader.moves).toBe(1);
    written.release();
    await outcome;
    world.expectAsBefore();
  });

  it('that stands still is ended: the guest is worth more than its memory', async () => {
    const world = await GuestWorld.start();
    const { steps } = world.qemu;
    const [second, third] = [steps.hold('dump.piece', 1), steps.hold('dump.piece')];
    const { outcome, reader } = await world.start('CORE_DUMP');
    const looks = async (): Promise<void> => {
      const before = steps.passed.get('job') ?? 0;
      await expect.poll(() => steps.passed.get('job')).toBeGreaterThan(before + 1);
    };
    await second.reached;
    await expect.poll(() => reader.moves).toBeGreaterThan(0);
    passTime(19_000);
    await looks();
    second.release();
    await third.reached;
    const moves = reader.moves;
    await expect.poll(() => reader.moves).toBeGreaterThan(moves);
    // Twenty seconds are counted from the last byte on.
    passTime(37_000);
    await looks();
    expect(world.qemu.running).toBe(false);
    expect(reader.abandoned).toBe(0);
    passTime(60_000);
    await expect.poll(() => reader.abandoned).toBe(1);
    third.release();
    await expect(outcome).rejects.toMatchObject({
      code: 'STALLED',
      message: expect.stringContaining('no progress for 20 s'),
    });
    world.expectAsBefore();
  });

  it('is not called still where libvirt tells nothing', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.guest.tellsProgress = false;
    const written = world.qemu.steps.hold('dump.written');
    const { outcome, reader } = await world.start('CORE_DUMP');
    await written.reached;
    const looks = world.qemu.steps.passed.get('job') ?? 0;
    await expect.poll(() => world.qemu.steps.passed.get('job')).toBeGreaterThan(looks + 1);
    passTime(60_000);
    await expect.poll(() => world.qemu.steps.passed.get('job')).toBeGreaterThan(looks + 3);
    written.release();
    await outcome;
    expect(reader.moves).toBe(0);
    world.expectAsBefore();
  });
});

describe('a core dump is refused, and the guest not touched,', limit, () => {
  it('when libvirt has begun a job since', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const plan = await world.plan('CORE_DUMP');
    world.guest.job = { operation: 'backup' };
    const { outcome, reader } = world.capture(plan);
    await expect(outcome).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
    expect([reader.opened, reader.abandoned]).toEqual([0, 1]);
    expect(world.bench.left).toEqual([]);
  });

  it('when the reader cannot be opened', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const failure = new MemoirError('NO_SPACE', 'no room');
    const { outcome, reader } = world.capture(await world.plan('CORE_DUMP'));
    reader.open = () => Promise.reject(failure);
    await expect(outcome).rejects.toBe(failure);
    expect(world.qemu.steps.passed.get('dump')).toBeUndefined();
    world.expectAsBefore();
  });
});

describe('a core dump fails, and the guest is as before,', limit, () => {
  it('when libvirt refuses it: with libvirt’s words', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.qemu.steps.fail('dump', new FakeFailure(84, 'dump is not supported by this QEMU'));
    const { outcome } = await world.start('CORE_DUMP');
    await expect(outcome).rejects.toMatchObject({
      code: 'HYPERVISOR_REFUSED',
      message: expect.stringContaining('not supported by this QEMU'),
    });
    world.expectAsBefore();
  });

  it('when someone’s migration began since: that is said, whatever libvirt says', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.qemu.steps.at('dump', () => world.qemu.migrateElsewhere());
    const { outcome, reader } = await world.start('CORE_DUMP');
    await expect(outcome).rejects.toMatchObject({ code: 'MACHINE_BUSY', cause: { code: 'INTERNAL_ERROR' } });
    expect(reader.recorder.memoryLayout).toBeNull();
    expect(world.qemu.migrationStatus).toBe('active');
    world.expectAsBefore();
  });

  it('without a byte: what libvirt says a while later is the reason', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.qemu.memory.core = () => Buffer.alloc(0);
    const ended = Promise.withResolvers<void>();
    world.qemu.steps.at('dump.written', async () => {
      // Its end of the FIFO is closed by then, as libvirtd's is before it answers.
      world.guest.closeDump();
      await ended.promise;
      throw new FakeFailure(9, 'nothing to dump');
    });
    const { outcome, reader } = await world.start('CORE_DUMP');
    await expect(reader.drained).rejects.toMatchObject({ details: { fault: 'EMPTY' } });
    ended.resolve();
    await expect(outcome).rejects.toMatchObject({
      code: 'HYPERVISOR_REFUSED',
      message: expect.stringContaining('nothing to dump'),
    });
    world.expectAsBefore();
  });

  it('at once when the reader gives up, whenever libvirt has something to say', async () => {
    const world = await GuestWorld.start();
    const { daemon } = world.bench;
    const answered = Promise.withResolvers<void>();
    daemon.overrides = {
      ...daemon.overrides,
      domainCoreDumpWithFormat: async ({ path, format, flags }) => {
        await world.guest.coreDump(path, format, flags).finally(() => answered.promise);
      },
    };
    const failure = new MemoirError('NO_SPACE', 'the disk is full');
    const { outcome } = await world.start('CORE_DUMP', {
      moved: () => {
        throw failure;
      },
    });
    await expect(outcome).rejects.toBe(failure);
    answered.resolve();
    world.expectAsBefore();
  });

  it.each([
    ['NO_SPACE', 'NO_SPACE'],
    ['STREAM_INVALID', 'HYPERVISOR_REFUSED'],
  ] as const)(
    'with the better reason of the two when the reader says its own, %s, after libvirt: %s',
    async (own, said) => {
      const world = await GuestWorld.start({ memory: small() });
      world.qemu.steps.fail('dump', new FakeFailure(9, 'could not write'));
      const plan = await world.plan('CORE_DUMP');
      const real = new InProcessReader(plan);
      const late = Promise.withResolvers<void>();
      late.promise.catch(() => undefined);
      // Looked at before the dump, while it runs, and once more when libvirt’s answer has come.
      const looked = Promise.withResolvers<void>();
      let looks = 0;
      const reader = {
        get drained() {
          looks += 1;
          if (looks === 3) looked.resolve();
          return late.promise;
        },
        open: () => real.open(),
        moved: () => undefined,
        abandon: () => real.abandon(),
      };
      const outcome = world.hypervisor.capture(plan, reader, new AbortController().signal);
      await looked.promise;
      late.reject(new MemoirError(own, 'the reader’s words'));
      await expect(outcome).rejects.toMatchObject({ code: said });
      world.expectAsBefore();
    },
  );

  it('when the reader gives up: with the reader’s reason, not with what libvirt says of its writer', async () => {
    const world = await GuestWorld.start();
    const failure = new MemoirError('NO_SPACE', 'the disk is full');
    const { outcome } = await world.start('CORE_DUMP', {
      moved: () => {
        throw failure;
      },
    });
    await expect(outcome).rejects.toBe(failure);
    await expect.poll(() => world.guest.job).toBeNull();
    world.expectAsBefore();
  });

  it('when libvirt gives up in the middle', async () => {
    const world = await GuestWorld.start();
    const nospace = new FakeFailure(9, 'operation failed: /usr/lib/libvirt/libvirt_iohelper: No space left on device');
    world.qemu.steps.fail('dump.piece', nospace, 3);
    const { outcome } = await world.start('CORE_DUMP');
    await expect(outcome).rejects.toMatchObject({ code: expect.stringMatching(/HYPERVISOR_REFUSED|STREAM_INVALID/) });
    world.expectAsBefore();
  });

  it('when the guest ends in the middle', async () => {
    const world = await GuestWorld.start();
    const piece = world.qemu.steps.hold('dump.piece', 2);
    const { outcome } = await world.start('CORE_DUMP');
    await piece.reached;
    world.guest.end();
    piece.release();
    await expect(outcome).rejects.toMatchObject({
      code: 'GUEST_GONE',
      message: expect.stringContaining('"web" stopped'),
    });
    expect(world.bench.left).toEqual([]);
  });
});

describe('a core dump that is cancelled', limit, () => {
  it.each(['dump', 'dump.paused', 'dump.written'])(
    'while it waits at %s ends with that reason, and the guest is as before',
    async (step) => {
      const world = await GuestWorld.start();
      const held = world.qemu.steps.hold(step);
      const { outcome, controller } = await world.start('CORE_DUMP');
      await held.reached;
      const reason = reasonOf('not needed any more');
      controller.abort(reason);
      held.release();
      await expect(outcome).rejects.toBe(reason);
      await expect.poll(() => world.guest.job).toBeNull();
      world.expectAsBefore();
    },
  );

  it('while the reader is being opened does not wait for that, and dumps nothing', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const { outcome, controller, reader } = world.capture(await world.plan('CORE_DUMP'));
    const opening = Promise.withResolvers<void>();
    reader.open = () => {
      opening.resolve();
      return new Promise(() => undefined);
    };
    await opening.promise;
    const reason = reasonOf('not needed any more');
    controller.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    expect(world.qemu.steps.passed.get('dump')).toBeUndefined();
    world.expectAsBefore();
  });
});
