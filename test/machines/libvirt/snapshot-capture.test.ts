import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import { snapshotSource } from '../../../src/machines/libvirt/snapshot/snapshot-source.ts';
import { QmpError } from '../../fakes/libvirt/fake-qemu.ts';
import { GuestMemory } from '../../fakes/libvirt/guest-memory.ts';
import { GuestWorld } from '../../fakes/libvirt/guest-world.ts';
import { FakeFailure } from '../../fakes/libvirt/handlers.ts';

// A snapshot from its first question to the last thing that is put right, before a libvirtd and a QEMU that say what they
// really say. Each takes tens of milliseconds: a limit of seconds tells that something waited that should not have.
const limit = { timeout: 12_000 };

const small = () => new GuestMemory({ pages: 64 });
const noteOf = ({ bench, guest }: GuestWorld) =>
  JSON.parse(readFileSync(join(bench.stateFolder, 'captures', `${guest.ref.uuid}.json`), 'utf8'));
/** Commands since the plan was made. */
function sent(world: GuestWorld): () => string[] {
  const before = world.qemu.commands.length;
  return () => world.qemu.commands.slice(before);
}

describe('a snapshot', limit, () => {
  it('brings the guest’s memory byte by byte, and the moment and the pause by QEMU’s own clock', async () => {
    const world = await GuestWorld.start();
    const connected = world.qemu.steps.hold('snapshot.connected');
    const { outcome, reader } = await world.start('SNAPSHOT', { keepImage: true });
    await connected.reached;
    const from = Date.now() + 3;
    await expect.poll(() => Date.now()).toBeGreaterThan(from);
    connected.release();
    const { guestPauseMs, capturedAtMs } = await outcome;
    expect(reader.recorder.image?.equals(world.qemu.memory.ram)).toBe(true);
    expect(reader.tail).toMatchObject({ machine: 'x86_64', kernelAddress: 0xffff_ffff_9ae0_0080n, warnings: [] });
    expect(capturedAtMs).toBeGreaterThanOrEqual(from);
    expect(capturedAtMs).toBeLessThanOrEqual(Date.now() + 1);
    expect(guestPauseMs).not.toBeNull();
    world.expectAsBefore();
  });

  it('of a paused guest pauses it for nothing, and leaves it paused', async () => {
    const world = await GuestWorld.start({ paused: true, memory: small() });
    const { outcome } = await world.start('SNAPSHOT');
    expect(await outcome).toMatchObject({ guestPauseMs: 0 });
    world.expectAsBefore('PAUSED');
  });

  it('ends well where libvirt tells of no events: its pause is not known then', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const { daemon } = world.bench;
    daemon.overrides = {
      ...daemon.overrides,
      connectDomainQemuMonitorEventRegister: () => Promise.reject(new FakeFailure(29, 'operation forbidden')),
    };
    const from = Date.now();
    const { outcome } = await world.start('SNAPSHOT');
    const { guestPauseMs, capturedAtMs } = await outcome;
    expect(guestPauseMs).toBeNull();
    expect(capturedAtMs).toBeGreaterThanOrEqual(from);
    world.expectAsBefore();
  });

  it('is noted as touching the guest before the first command that changes it, with all that it makes', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const folder = join(world.bench.folder, 'domain-1-web');
    mkdirSync(folder);
    world.qemu.monitorFile = `unix:${folder}/monitor.sock,server=on`;
    const plan = await world.plan('SNAPSHOT');
    const { guestSocket, ownSocket } = snapshotSource.optionsOf(plan);
    expect(guestSocket).toContain(folder);
    const opened = world.qemu.steps.hold('query-migrate', 2);
    const setting = world.qemu.steps.hold('migrate-set-capabilities');
    const { outcome } = world.capture(plan);
    await opened.reached;
    expect(noteOf(world)).toMatchObject({ touched: true });
    opened.release();
    await setting.reached;
    expect(noteOf(world)).toEqual({
      machineId: world.guest.ref.uuid,
      machineName: 'web',
      domainId: world.guest.ref.id,
      method: 'SNAPSHOT',
      wasRunning: true,
      touched: true,
      interruptible: true,
      places: [ownSocket],
      sockets: [guestSocket],
      volume: null,
    });
    setting.release();
    await outcome;
    world.expectAsBefore();
  });
});

describe('a snapshot is refused, and the guest not touched,', limit, () => {
  async function refused(world: GuestWorld, change: () => void) {
    const plan = await world.plan('SNAPSHOT');
    change();
    const commands = sent(world);
    const { outcome, reader } = world.capture(plan);
    const error = await outcome.catch((thrown: unknown) => thrown);
    expect(commands().filter((name) => name.startsWith('migrate'))).toEqual([]);
    expect(reader.abandoned).toBe(1);
    expect(world.bench.left).toEqual([]);
    return { error, reader };
  }

  it('when it was paused since it was planned, and its QEMU would set it running', async () => {
    const world = await GuestWorld.start({ version: { major: 8, minor: 2, micro: 0 }, memory: small() });
    const { error, reader } = await refused(world, () => world.guest.suspend());
    expect(error).toMatchObject({ code: 'METHOD_UNAVAILABLE', message: expect.stringContaining('is paused') });
    expect(reader.opened).toBe(0);
  });

  it('when QEMU cannot save its state any more', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const { error } = await refused(world, () => world.qemu.blockedReasons.push('non-migratable device: nvme'));
    expect(error).toMatchObject({ code: 'METHOD_UNAVAILABLE', message: expect.stringMatching(/cannot save.*nvme/) });
  });

  it('when libvirt has begun a job', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const { error } = await refused(world, () => {
      world.guest.job = { operation: 'save' };
    });
    expect(error).toMatchObject({ code: 'MACHINE_BUSY' });
  });

  it('when its memory lies elsewhere by now', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const { error, reader } = await refused(world, () => {
      world.qemu.memory.tree = new GuestMemory({ pages: 128 }).tree;
    });
    expect(error).toMatchObject({ code: 'CAPTURE_FAILED', message: expect.stringContaining('map changed') });
    expect(reader.opened).toBe(0);
  });

  it('when the reader cannot be opened', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const failure = new MemoirError('NO_SPACE', 'no room');
    const plan = await world.plan('SNAPSHOT');
    const { outcome, reader } = world.capture(plan);
    reader.open = () => Promise.reject(failure);
    await expect(outcome).rejects.toBe(failure);
    expect(world.qemu.commands).not.toContain('migrate-set-capabilities true');
    world.expectAsBefore();
  });

  it.each([
    ['not supported by host kernel', /sysctl/],
    ['not compatible with guest memory configuration', /Choose CORE_DUMP/],
  ])('when QEMU refuses the capability: %s', async (desc, hint) => {
    const world = await GuestWorld.start({ memory: small() });
    world.qemu.steps.fail('migrate-set-capabilities', new QmpError(`Background-snapshot is ${desc}`));
    const { outcome } = await world.start('SNAPSHOT');
    await expect(outcome).rejects.toMatchObject({
      code: 'METHOD_UNAVAILABLE',
      message: expect.stringContaining(desc),
      hint: expect.stringMatching(hint),
    });
    expect(world.qemu.commands).not.toContain('migrate');
    world.expectAsBefore();
  });

  it('when a migration begins in the moment before the capability is set', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.qemu.steps.at('migrate-set-capabilities', () => world.qemu.migrateElsewhere());
    const { outcome } = await world.start('SNAPSHOT');
    await expect(outcome).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
    expect(world.qemu.commands).not.toContain('migrate_cancel');
    expect(world.qemu.migrationStatus).toBe('active');
    world.expectAsBefore();
  });

  it('with libvirt’s own words when it is libvirt that refuses', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.qemu.steps.fail('migrate-set-capabilities', new FakeFailure(84, 'monitor is not supported here'));
    const { outcome } = await world.start('SNAPSHOT');
    await expect(outcome).rejects.toMatchObject({
      code: 'HYPERVISOR_REFUSED',
      message: expect.stringContaining('not supported here'),
    });
    expect(world.qemu.commands).not.toContain('migrate');
  });
});

describe('somebody’s migration that began between the capability and ours', limit, () => {
  const begin = (world: GuestWorld): void =>
    world.qemu.steps.at('migrate', () => {
      world.qemu.migrateElsewhere();
    });

  it('is a snapshot by our doing: it is cancelled, and that is said', async () => {
    const world = await GuestWorld.start({ memory: small() });
    begin(world);
    const { outcome } = await world.start('SNAPSHOT');
    await expect(outcome).rejects.toMatchObject({
      code: 'MACHINE_BUSY',
      message: expect.stringMatching(/has been cancelled/),
      cause: { code: 'MONITOR_ERROR' },
    });
    expect(world.qemu.migrationStatus).toBe('cancelled');
    world.expectAsBefore();
  });

  it('is left alone where the capability was on before us: it is what they wanted', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const plan = await world.plan('SNAPSHOT');
    world.qemu.capabilities.set('background-snapshot', true);
    begin(world);
    const waits = world.qemu.steps.hold('query-migrate-capabilities', 1);
    const { outcome } = world.capture(plan);
    await waits.reached;
    expect(world.qemu.migrationStatus).toBe('active');
    world.qemu.migrateElsewhere('completed');
    waits.release();
    await expect(outcome).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
    expect(world.qemu.commands).not.toContain('migrate_cancel');
    world.expectAsBefore();
  });

  it('is no reason to cancel anything if it is over by the time that is looked', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.qemu.steps.fail('migrate', new QmpError('There is a migration process in progress'));
    const { outcome } = await world.start('SNAPSHOT');
    await expect(outcome).rejects.toMatchObject({ code: 'HYPERVISOR_REFUSED' });
    expect(world.qemu.commands).not.toContain('migrate_cancel');
    world.expectAsBefore();
  });
});

describe('a snapshot fails, and the guest is as before,', limit, () => {
  it.each(['snapshot.connected', 'snapshot.stopped', 'snapshot.begun', 'snapshot.middle'])(
    'when QEMU gives up at %s: with what QEMU says',
    async (step) => {
      const world = await GuestWorld.start();
      world.qemu.steps.fail(step, new Error('Input/output error'));
      const { outcome, reader } = await world.start('SNAPSHOT');
      await expect(outcome).rejects.toMatchObject({
        code: 'CAPTURE_FAILED',
        message: expect.stringContaining('QEMU ended the snapshot: Input/output error'),
      });
      expect(reader.abandoned).toBe(1);
      world.expectAsBefore();
    },
  );

  it('when somebody cancels it', async () => {
    const world = await GuestWorld.start();
    const middle = world.qemu.steps.hold('snapshot.middle');
    const { outcome } = await world.start('SNAPSHOT');
    await middle.reached;
    await world.qemu.command('{"execute":"migrate_cancel"}');
    await expect(outcome).rejects.toMatchObject({ message: expect.stringContaining('ended the snapshot: cancelled') });
    world.expectAsBefore();
  });

  it('when the reader gives up: with the reader’s reason, not with the broken pipe that QEMU sees', async () => {
    const world = await GuestWorld.start();
    const failure = new MemoirError('NO_SPACE', 'the disk is full');
    const { outcome } = await world.start('SNAPSHOT', {
      moved: () => {
        throw failure;
      },
    });
    await expect(outcome).rejects.toBe(failure);
    expect(world.qemu.migrationStatus).toBe('failed');
    world.expectAsBefore();
  });

  it('when the stream that QEMU calls complete is not whole', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const whole = world.qemu.memory.stream();
    world.qemu.memory.stream = () => whole.subarray(0, -10);
    const { outcome } = await world.start('SNAPSHOT');
    await expect(outcome).rejects.toMatchObject({ code: 'STREAM_INVALID' });
    world.expectAsBefore();
  });

  it('when the guest’s memory moves while it is captured', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.qemu.steps.at('snapshot.middle', () => {
      world.qemu.memory.tree = new GuestMemory({ pages: 128 }).tree;
    });
    const { outcome } = await world.start('SNAPSHOT');
    await expect(outcome).rejects.toMatchObject({ message: expect.stringContaining('map changed') });
    world.expectAsBefore();
  });

  it('when the guest ends in the middle', async () => {
    const world = await GuestWorld.start();
    const middle = world.qemu.steps.hold('snapshot.middle');
    const { outcome } = await world.start('SNAPSHOT');
    await middle.reached;
    world.guest.end();
    await expect(outcome).rejects.toMatchObject({ code: 'GUEST_GONE' });
    expect(world.bench.left).toEqual([]);
  });

  it('when it completed and somebody else’s migration is under way a moment later, it has not', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.qemu.steps.at('snapshot.written', () => {
      // The next look finds theirs; that ours completed was told by an event before.
      world.qemu.steps.at('query-migrate', () => world.qemu.migrateElsewhere());
    });
    const off = world.qemu.steps.hold('query-migrate-capabilities', 2);
    const { outcome, reader } = await world.start('SNAPSHOT');
    await off.reached;
    expect(world.qemu.migrationStatus).toBe('active');
    world.qemu.migrateElsewhere('completed');
    off.release();
    await outcome;
    expect(reader.recorder.missingPages).toBe(0);
    world.expectAsBefore();
  });
});
