import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import { snapshotSource } from '../../../src/machines/libvirt/snapshot/snapshot-source.ts';
import { GuestMemory } from '../../fakes/libvirt/guest-memory.ts';
import { GuestWorld } from '../../fakes/libvirt/guest-world.ts';
import { FakeFailure } from '../../fakes/libvirt/handlers.ts';

// A snapshot that is cancelled, whose socket QEMU cannot reach, and whose libvirtd goes away.
const limit = { timeout: 12_000 };

const small = () => new GuestMemory({ pages: 64 });
/** Commands since the plan was made. */
function sent(world: GuestWorld): () => string[] {
  const before = world.qemu.commands.length;
  return () => world.qemu.commands.slice(before);
}

describe('a snapshot that is cancelled', limit, () => {
  it.each([
    'query-migrate-capabilities',
    'migrate-set-capabilities',
    'migrate',
    'snapshot.setup',
    'snapshot.connected',
  ])('while it waits at %s ends with that reason, and the guest is as before', async (step) => {
    const world = await GuestWorld.start({ memory: small() });
    const plan = await world.plan('SNAPSHOT');
    const held = world.qemu.steps.hold(step);
    const { outcome, controller } = world.capture(plan);
    await held.reached;
    const reason = new MemoirError('CANCELLED', 'not needed any more');
    controller.abort(reason);
    held.release();
    await expect(outcome).rejects.toBe(reason);
    if (step === 'query-migrate-capabilities')
      expect(world.qemu.commands).not.toContain('migrate-set-capabilities true');
    if (step.includes('capabilities')) expect(world.qemu.commands).not.toContain('migrate');
    world.expectAsBefore();
  });

  it('while the reader is being opened does not wait for that', async () => {
    const world = await GuestWorld.start({ memory: small() });
    const plan = await world.plan('SNAPSHOT');
    const { outcome, controller, reader } = world.capture(plan);
    const opening = Promise.withResolvers<void>();
    reader.open = () => {
      opening.resolve();
      return new Promise(() => undefined);
    };
    await opening.promise;
    const reason = new MemoirError('CANCELLED', 'not needed any more');
    controller.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    world.expectAsBefore();
  });
});

describe('the socket of a snapshot', limit, () => {
  async function withFolder(exists = true) {
    const world = await GuestWorld.start({ memory: small() });
    const folder = join(world.bench.folder, 'domain-1-web');
    if (exists) mkdirSync(folder);
    world.qemu.monitorFile = `unix:${folder}/monitor.sock,server=on`;
    return { world, folder };
  }
  const migrations = ({ qemu }: GuestWorld): number => qemu.commands.filter((name) => name === 'migrate').length;

  it('is in the guest’s own folder first, and in ours if QEMU cannot reach it there', async () => {
    const { world, folder } = await withFolder();
    await (await world.start('SNAPSHOT')).outcome;
    expect(migrations(world)).toBe(1);
    world.qemu.unreachable = (path) => path.startsWith(folder);
    const { outcome, reader } = await world.start('SNAPSHOT');
    expect((await outcome).guestPauseMs).not.toBeNull();
    expect(reader.recorder.missingPages).toBe(0);
    expect(migrations(world)).toBe(3);
    world.expectAsBefore();
  });

  it('is in ours alone where the guest’s folder cannot be written to', async () => {
    const { world } = await withFolder(false);
    await (await world.start('SNAPSHOT')).outcome;
    expect(migrations(world)).toBe(1);
    world.expectAsBefore();
  });

  it('that QEMU reaches nowhere is said with every refusal and what helps', async () => {
    const { world, folder } = await withFolder();
    world.qemu.unreachable = () => true;
    const { outcome, plan } = await world.start('SNAPSHOT');
    const own = snapshotSource.optionsOf(plan).ownSocket?.path;
    await expect(outcome).rejects.toMatchObject({
      code: 'METHOD_UNAVAILABLE',
      message: expect.stringMatching(new RegExp(`${folder}.*Permission denied; .*${own}`)),
      hint: expect.stringContaining('security module'),
    });
    expect(migrations(world)).toBe(2);
    world.expectAsBefore();
  });

  it('is not blamed for what failed otherwise: no second one is tried', async () => {
    const { world } = await withFolder();
    world.qemu.steps.fail('snapshot.setup', new Error('Cannot allocate memory'));
    const { outcome } = await world.start('SNAPSHOT');
    await expect(outcome).rejects.toMatchObject({
      code: 'CAPTURE_FAILED',
      message: expect.stringContaining('QEMU ended the snapshot: Cannot allocate memory'),
    });
    expect(migrations(world)).toBe(1);
    world.expectAsBefore();
  });
});

describe('a libvirtd that goes away', limit, () => {
  it('in the middle of a snapshot is waited for: neither QEMU nor the reader needs it', async () => {
    const world = await GuestWorld.start();
    const middle = world.qemu.steps.hold('snapshot.middle');
    const { outcome, reader } = await world.start('SNAPSHOT');
    await middle.reached;
    await world.bench.daemon.stop();
    middle.release();
    await world.bench.daemon.resume();
    await outcome;
    expect(reader.recorder.missingPages).toBe(0);
    world.expectAsBefore();
  });

  const drop = ({ bench }: GuestWorld): void => {
    for (const { socket } of bench.daemon.clients) socket.destroy();
  };

  it('with the answer to our migrate, before QEMU had it, has it sent again', async () => {
    const world = await GuestWorld.start({ memory: small() });
    // After one that completed, so that the state alone says nothing.
    await (await world.start('SNAPSHOT')).outcome;
    const commands = sent(world);
    world.qemu.steps.at('migrate', () => {
      drop(world);
      throw new FakeFailure(1, 'the daemon is gone');
    });
    const { outcome, reader } = await world.start('SNAPSHOT');
    await outcome;
    expect(reader.recorder.missingPages).toBe(0);
    expect(commands().filter((name) => name === 'migrate')).toHaveLength(2);
    world.expectAsBefore();
  });

  it.each([64, 1024])(
    'with the answer to our migrate, after QEMU had it, has nothing sent again (%i pages)',
    async (pages) => {
      const world = await GuestWorld.start({ memory: new GuestMemory({ pages }) });
      const commands = sent(world);
      world.qemu.steps.at('migrate', () => drop(world));
      const { outcome, reader } = await world.start('SNAPSHOT');
      await outcome;
      expect(reader.recorder.missingPages).toBe(0);
      expect(commands().filter((name) => name === 'migrate')).toHaveLength(1);
      world.expectAsBefore();
    },
  );
});
