import { describe, expect, it } from 'vitest';
import type { FakeGuestOptions } from '../../fakes/libvirt/fake-guest.ts';
import { QmpError } from '../../fakes/libvirt/fake-qemu.ts';
import { GuestMemory } from '../../fakes/libvirt/guest-memory.ts';
import { GuestWorld } from '../../fakes/libvirt/guest-world.ts';
import { FakeFailure } from '../../fakes/libvirt/handlers.ts';

const limit = { timeout: 12_000 };

async function asked(world: GuestWorld) {
  const options = await world.hypervisor.captureOptions(await world.machine());
  const pauses = Object.fromEntries(options.methods.map(({ method, expectedPauseMs }) => [method, expectedPauseMs]));
  const blocked = options.blockers.map(({ method, code }) => `${method} ${code}`);
  return { ...options, pauses, blocked, reasons: options.blockers.map(({ reason }) => reason).join(' ') };
}

const both = (code: string): string[] => [`SNAPSHOT ${code}`, `CORE_DUMP ${code}`];
const of = (options: FakeGuestOptions = {}) => GuestWorld.start({ memory: new GuestMemory({ pages: 64 }), ...options });

describe('what a capture would be like', limit, () => {
  it('of a running guest: both are possible, and AUTO takes the snapshot', async () => {
    const world = await of();
    expect(await asked(world)).toMatchObject({
      blocked: [],
      pauses: { SNAPSHOT: 10, CORE_DUMP: 1 },
      automatic: 'SNAPSHOT',
      automaticReason: expect.stringContaining('only for milliseconds'),
      memoryBytes: 64 * 4096,
    });
  });

  it('of a paused guest: neither pauses it, and AUTO takes the core dump', async () => {
    expect(await asked(await of({ paused: true }))).toMatchObject({
      blocked: [],
      pauses: { SNAPSHOT: 0, CORE_DUMP: 0 },
      automatic: 'CORE_DUMP',
      automaticReason: expect.stringContaining('costs it nothing'),
    });
  });

  it('of a guest that is off: nothing, and its QEMU is not asked', async () => {
    const world = await of({ off: true });
    const { blocked, automatic, automaticReason, memoryBytes } = await asked(world);
    expect(blocked).toEqual(both('NOT_RUNNING'));
    expect(automatic).toBeNull();
    expect(automaticReason).toMatch(/"web" is .* it has no memory/);
    expect(memoryBytes).toBe(64 * 4096);
    expect(world.qemu.commands).toEqual([]);
  });

  it.each([
    [{ major: 8, minor: 0, micro: 5 }, 'CORE_DUMP', /its QEMU is 8\.0\.5, and before 8\.1/],
    [{ major: 7, minor: 2, micro: 22 }, 'CORE_DUMP', /its QEMU is 7\.2\.22/],
    [{ major: 8, minor: 1, micro: 0 }, 'SNAPSHOT', /milliseconds/],
    [{ major: 6, minor: 0, micro: 0 }, 'CORE_DUMP', /its QEMU is 6\.0\.0/],
  ])('by AUTO with QEMU %o is by %s', async (version, method, reason) => {
    const { automatic, automaticReason, blocked } = await asked(await of({ version }));
    expect([automatic, blocked]).toEqual([method, []]);
    expect(automaticReason).toMatch(reason);
  });

  it('of a QEMU without background snapshots: by core dump, and why', async () => {
    const old = await asked(await of({ version: { major: 5, minor: 9, micro: 0 } }));
    expect(old).toMatchObject({ blocked: ['SNAPSHOT METHOD_UNAVAILABLE'], automatic: 'CORE_DUMP' });
    expect(old.automaticReason).toMatch(/QEMU 5\.9\.0 has no background snapshots/);
    const world = await of();
    world.qemu.capabilities.delete('background-snapshot');
    expect((await asked(world)).reasons).toMatch(/no background snapshots/);
  });

  it('of a paused guest whose QEMU would set it running: by core dump alone', async () => {
    const { blocked, reasons, pauses } = await asked(
      await of({ paused: true, version: { major: 8, minor: 2, micro: 0 } }),
    );
    expect(blocked).toEqual(['SNAPSHOT METHOD_UNAVAILABLE']);
    expect(reasons).toMatch(/is paused, and its QEMU 8\.2\.0/);
    expect(pauses).toEqual({ SNAPSHOT: null, CORE_DUMP: 0 });
  });

  it('of a guest whose state QEMU cannot save: with each of its reasons', async () => {
    const world = await of();
    world.qemu.blockedReasons = ['non-migratable device: nvme', 'The qcow1 format'];
    const { blocked, reasons } = await asked(world);
    expect(blocked).toEqual(['SNAPSHOT METHOD_UNAVAILABLE', 'SNAPSHOT METHOD_UNAVAILABLE']);
    expect(reasons).toMatch(/nvme.*qcow1/);
  });

  it.each([
    [{ devices: '<hostdev/>' }, ['SNAPSHOT METHOD_UNAVAILABLE'], /passed-through/],
    [{ architecture: 'aarch64' }, ['SNAPSHOT METHOD_UNAVAILABLE'], /does not support aarch64/],
    [{ xml: '<launchSecurity type="sev"/>' }, both('METHOD_UNAVAILABLE'), /encrypted/],
  ])('of a guest with %o: blocked by what it is, and QEMU is not asked', async (options, blocked, reason) => {
    const world = await of(options);
    const found = await asked(world);
    expect(found.blocked).toEqual(blocked);
    expect(found.reasons).toMatch(reason);
    expect(world.qemu.commands).toEqual([]);
  });

  it('of a guest of another driver: nothing', async () => {
    const world = await of();
    world.bench.guests.driver = 'LXC';
    const hypervisor = await world.bench.hypervisor();
    const { blockers, automaticReason } = await hypervisor.captureOptions(await world.machine());
    expect(blockers.map(({ method, code }) => `${method} ${code}`)).toEqual(both('METHOD_UNAVAILABLE'));
    expect(automaticReason).toContain('this hypervisor is LXC');
  });
});

describe('what a capture would be like beside someone else’s work', limit, () => {
  it('a backup of libvirt’s: a snapshot can go beside it, a core dump cannot', async () => {
    const world = await of();
    world.guest.job = { operation: 'backup' };
    expect(await asked(world)).toMatchObject({ blocked: ['CORE_DUMP MACHINE_BUSY'], automatic: 'SNAPSHOT' });
  });

  it('a save of libvirt’s, or a migration of QEMU’s own: neither, and that comes first', async () => {
    const world = await of({ architecture: 'aarch64' });
    world.guest.job = { operation: 'save' };
    expect((await asked(world)).blocked).toEqual([...both('MACHINE_BUSY'), 'SNAPSHOT METHOD_UNAVAILABLE']);
    const other = await of();
    other.qemu.migrateElsewhere();
    expect(await asked(other)).toMatchObject({ blocked: both('MACHINE_BUSY'), automatic: null });
  });
});

describe('a guest whose QEMU does not say', limit, () => {
  it('what a snapshot needs is captured by core dump', async () => {
    const world = await of();
    world.qemu.steps.fail('query-version', new QmpError('no such thing'));
    const { blocked, automatic, automaticReason } = await asked(world);
    expect([blocked, automatic]).toEqual([['SNAPSHOT METHOD_UNAVAILABLE'], 'CORE_DUMP']);
    expect(automaticReason).toMatch(/does not answer the queries .*no such thing/);
  });

  it('anything may be frozen: it is captured by no method', async () => {
    const world = await of();
    world.qemu.steps.fail('query-version', new FakeFailure(68, 'Timed out during operation'));
    const { blocked, reasons, automatic } = await asked(world);
    expect([blocked, automatic]).toEqual([both('GUEST_FROZEN'), null]);
    expect(reasons).toMatch(/may be frozen/);
  });

  it('because it is gone, or libvirt is, has no forecast at all', async () => {
    const world = await of();
    world.qemu.steps.fail('query-version', new FakeFailure(42, 'Domain not found'));
    await expect(asked(world)).rejects.toMatchObject({ code: 'GUEST_GONE' });
    const machine = await world.machine();
    world.qemu.steps.at('query-version', () => {
      for (const { socket } of world.bench.daemon.clients) socket.destroy();
    });
    await expect(world.hypervisor.captureOptions(machine)).rejects.toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE' });
  });
});
