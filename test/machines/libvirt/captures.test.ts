import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import { type CaptureNote, CaptureNotes } from '../../../src/machines/libvirt/guest/capture-note.ts';
import { QmpError } from '../../fakes/libvirt/fake-qemu.ts';
import { GuestMemory } from '../../fakes/libvirt/guest-memory.ts';
import { GuestWorld } from '../../fakes/libvirt/guest-world.ts';
import { FakeFailure } from '../../fakes/libvirt/handlers.ts';
import { hurriedBackOffs, passTime } from '../../fakes/libvirt/pass-time.ts';

// The one owner of a capture: who may have it, what becomes of its note, and that the guest is put right whatever happens.
const limit = { timeout: 12_000 };

const small = () => new GuestMemory({ pages: 64 });
const notes = ({ bench }: GuestWorld): string[] => {
  const folder = join(bench.stateFolder, 'captures');
  return existsSync(folder) ? readdirSync(folder) : [];
};
const noteOf = ({ guest }: GuestWorld): CaptureNote => ({
  machineId: guest.ref.uuid,
  machineName: 'web',
  domainId: guest.ref.id,
  method: 'SNAPSHOT',
  wasRunning: true,
  touched: true,
  interruptible: true,
  places: [],
  sockets: [],
  volume: null,
});

describe('a machine', limit, () => {
  it('is captured once at a time, and again afterwards', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const middle = world.qemu.steps.hold('snapshot.middle');
    const first = await world.start('SNAPSHOT');
    await middle.reached;
    const { outcome, reader } = world.capture(first.plan);
    await expect(outcome).rejects.toMatchObject({
      code: 'HYPERVISOR_REFUSED',
      message: expect.stringContaining('"web" is already being captured'),
    });
    expect(reader.opened).toBe(0);
    middle.release();
    await first.outcome;
    await (await world.start('SNAPSHOT')).outcome;
    world.expectAsBefore();
  });

  it.each([
    ['ended', (world: GuestWorld) => world.guest.end()],
    [
      'was started anew',
      (world: GuestWorld) => {
        world.guest.end();
        world.guest.start();
      },
    ],
    ['was removed', (world: GuestWorld) => world.bench.guests.remove(world.guest)],
  ])('that %s since its capture was planned is not captured', async (_what, change) => {
    const world = await GuestWorld.start({ memory: small() });
    const plan = await world.plan('SNAPSHOT');
    change(world);
    const { outcome, reader } = world.capture(plan);
    await expect(outcome).rejects.toMatchObject({
      code: 'GUEST_GONE',
      message: expect.stringContaining('stopped before'),
    });
    expect([reader.opened, reader.abandoned]).toEqual([0, 1]);
    expect(notes(world)).toEqual([]);
  });

  it('that an earlier capture left something on is not captured on top of that', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const plan = await world.plan('CORE_DUMP');
    const earlier = noteOf(world);
    await new CaptureNotes(world.bench.stateFolder).create(earlier);
    const { outcome, reader } = world.capture(plan);
    await expect(outcome).rejects.toMatchObject({
      code: 'MACHINE_BUSY',
      message: expect.stringContaining('earlier capture'),
    });
    expect([reader.opened, reader.abandoned]).toEqual([0, 1]);
    expect(await new CaptureNotes(world.bench.stateFolder).all()).toEqual([earlier]);
    expect(await world.hypervisor.recover()).toEqual({ repaired: [], pending: [] });
    await world.capture(plan).outcome;
    world.expectAsBefore();
  });

  it('that is captured is left out of recovery meanwhile', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const middle = world.qemu.steps.hold('snapshot.middle');
    const { outcome } = await world.start('SNAPSHOT');
    await middle.reached;
    expect(await world.hypervisor.recover()).toEqual({ repaired: [], pending: [] });
    expect(notes(world)).toHaveLength(1);
    expect(world.qemu.snapshotCapability).toBe(true);
    middle.release();
    await outcome;
    world.expectAsBefore();
  });
});

describe('what a capture changed', limit, () => {
  it('is put right again and again until it is right', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.qemu.steps.fail('migrate-set-capabilities', new QmpError('not just now'), 1);
    await (await world.start('SNAPSHOT')).outcome;
    expect(world.qemu.commands.filter((name) => name === 'migrate-set-capabilities false')).toHaveLength(2);
    expect(world.bench.repaired).toEqual([]);
    world.expectAsBefore();
  });

  it('is tried for half a minute', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const fails = (): never => {
      passTime(29_000);
      throw new QmpError('not just now');
    };
    world.qemu.steps.at('migrate-set-capabilities', fails, 1);
    await (await world.start('SNAPSHOT')).outcome;
    expect(world.bench.repaired).toEqual([]);
    world.expectAsBefore();
  });

  it('stays noted and is said, if that takes longer; it is done later without being asked, in growing pauses', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const { steps } = world.qemu;
    const fails = (): never => {
      passTime(31_000);
      throw new QmpError('not just now');
    };
    steps.at('migrate-set-capabilities', fails, 1);
    for (const later of ['nor then', 'nor then either']) steps.fail('migrate-set-capabilities', new QmpError(later));
    const pauses = hurriedBackOffs();
    await (await world.start('SNAPSHOT')).outcome;
    expect(world.bench.repaired).toEqual([expect.stringMatching(/"web" could not be restored yet: .*not just now/)]);
    await expect.poll(() => notes(world)).toEqual([]);
    await expect.poll(() => world.bench.repaired.slice(1)).toEqual([expect.stringContaining('turned off')]);
    // Of two seconds, four and eight, each somewhere in its second half.
    expect(pauses.map((ms) => Math.ceil(Math.log2(ms / 1_000)))).toEqual([1, 2, 3]);
    world.expectAsBefore();
  });

  it('and recovery cannot put right beside somebody’s migration is put right when that is over', async () => {
    const world = await GuestWorld.start({ memory: small() });
    await new CaptureNotes(world.bench.stateFolder).create(noteOf(world));
    world.qemu.capabilities.set('background-snapshot', true);
    world.qemu.migrateElsewhere();
    world.qemu.steps.at('query-migrate', () => passTime(16_000));
    const pauses = hurriedBackOffs();
    const { repaired, pending } = await world.hypervisor.recover();
    expect(repaired).toEqual([]);
    expect(pending).toEqual([expect.stringContaining('"web"')]);
    expect(pauses).toHaveLength(1);
    world.qemu.migrateElsewhere('completed');
    await expect.poll(() => notes(world)).toEqual([]);
    await expect.poll(() => world.bench.repaired).toEqual([expect.stringContaining('turned off')]);
    world.expectAsBefore();
  });

  it('is put right by the next connection where libvirt went away for good', async () => {
    const world = await GuestWorld.start();
    const { daemon } = world.bench;
    const middle = world.qemu.steps.hold('snapshot.middle');
    const { outcome, controller } = await world.start('SNAPSHOT');
    await middle.reached;
    await daemon.stop();
    const reason = new MemoirError('CANCELLED', 'not needed any more');
    controller.abort(reason);
    passTime(31_000);
    // The wait for the links is measured by a timer of its own, so that it is there again before.
    await daemon.resume();
    middle.release();
    await expect(outcome).rejects.toBe(reason);
    await expect.poll(() => notes(world)).toEqual([]);
    world.expectAsBefore();
  });

  it('and a server that died could not put right is put right by the next, as soon as it is connected', async () => {
    const world = await GuestWorld.start({ memory: small() });
    await new CaptureNotes(world.bench.stateFolder).create(noteOf(world));
    world.qemu.capabilities.set('background-snapshot', true);
    await world.bench.hypervisor();
    await expect.poll(() => notes(world)).toEqual([]);
    await expect.poll(() => world.bench.repaired).toEqual([expect.stringContaining('turned off')]);
    world.expectAsBefore();
  });

  it('is put right before the hypervisor is closed, which ends every capture', async () => {
    const world = await GuestWorld.start();
    const middle = world.qemu.steps.hold('snapshot.middle');
    const { outcome } = await world.start('SNAPSHOT');
    await middle.reached;
    const closing = world.hypervisor.close();
    await expect(outcome).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await closing;
    world.expectAsBefore();
  });
});

describe('the reason why a capture failed', limit, () => {
  it('is that nobody answers, where libvirt is away for longer than it is waited for', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const { daemon } = world.bench;
    const held = world.qemu.steps.hold('dump.paused');
    const { outcome } = await world.start('CORE_DUMP');
    await held.reached;
    for (const { socket } of daemon.clients) socket.destroy();
    held.release();
    await expect(outcome).rejects.toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE' });
    world.expectAsBefore();
  });

  it('is what libvirt says, where the guest lives on', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.qemu.steps.fail('query-version', new FakeFailure(9, 'something odd'), 2);
    const { outcome } = await world.start('SNAPSHOT');
    await expect(outcome).rejects.toMatchObject({
      code: 'HYPERVISOR_REFUSED',
      message: 'capturing "web": something odd',
    });
    world.expectAsBefore();
  });
});

describe('the pause of a core dump', limit, () => {
  const forecast = async ({ hypervisor, machine }: GuestWorld, world: GuestWorld) => {
    const { methods } = await hypervisor.captureOptions(await machine.call(world));
    return Object.fromEntries(methods.map(({ method, expectedPauseMs }) => [method, expectedPauseMs]));
  };

  it('is foretold by what the last one of this hypervisor came to', async () => {
    const world = await GuestWorld.start();
    const usual = Math.round(world.qemu.memory.ram.length / 200_000);
    expect(await forecast(world, world)).toEqual({ SNAPSHOT: 10, CORE_DUMP: usual });
    await (await world.start('SNAPSHOT')).outcome;
    expect(await forecast(world, world)).toMatchObject({ CORE_DUMP: usual });
    const paused = world.qemu.steps.hold('dump.paused');
    const { outcome } = await world.start('CORE_DUMP');
    await paused.reached;
    const until = Date.now() + 2 * usual;
    await expect.poll(() => Date.now()).toBeGreaterThan(until);
    paused.release();
    const { guestPauseMs } = await outcome;
    expect(await forecast(world, world)).toEqual({ SNAPSHOT: 10, CORE_DUMP: Math.round(guestPauseMs ?? 0) });
    world.guest.suspend();
    await (await world.start('CORE_DUMP')).outcome;
    expect(await forecast(world, world)).toMatchObject({ CORE_DUMP: 0 });
    world.guest.resume();
    expect(await forecast(world, world)).toMatchObject({ CORE_DUMP: Math.round(guestPauseMs ?? 0) });
  });
});

describe('what is asked of a machine', limit, () => {
  it('that was removed is not found', async () => {
    const world = await GuestWorld.start();
    const machine = await world.machine();
    world.bench.guests.remove(world.guest);
    await expect(world.hypervisor.captureOptions(machine)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('"web" no longer exists'),
    });
  });

  it('that hangs is answered by what was known of it, and that it hangs', async () => {
    const world = await GuestWorld.start({}, { answerMs: 100, connection: { callTimeoutMs: 800 } });
    const machine = await world.machine();
    const { daemon } = world.bench;
    const never = (): Promise<never> => new Promise(() => undefined);
    daemon.overrides = {
      ...daemon.overrides,
      connectGetAllDomainStats: never,
      domainGetXmlDesc: never,
      domainGetJobStats: never,
    };
    const { machine: known, blockers } = await world.hypervisor.captureOptions(machine);
    expect(known).toEqual(machine);
    expect(blockers.map(({ code }) => code)).toContain('GUEST_FROZEN');
  });

  it('is refused for another reason than silence as it is', async () => {
    const world = await GuestWorld.start();
    const machine = await world.machine();
    const { daemon } = world.bench;
    daemon.overrides = {
      ...daemon.overrides,
      connectGetAllDomainStats: () => Promise.reject(new FakeFailure(1, 'something odd')),
    };
    await expect(world.hypervisor.captureOptions(machine)).rejects.toMatchObject({ code: 'HYPERVISOR_REFUSED' });
  });

  it('while nobody answers is that; recovery says what it could not look for', async () => {
    const world = await GuestWorld.start();
    const machine = await world.machine();
    await world.bench.daemon.stop();
    await expect.poll(() => world.hypervisor.status().state).toBe('DOWN');
    await expect(world.hypervisor.plan(machine, 'AUTO')).rejects.toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE' });
    const { repaired, pending } = await world.hypervisor.recover();
    expect(repaired).toEqual([]);
    expect(pending).toEqual([expect.stringMatching(/captures: /)]);
  });
});
