import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';
import { pathRefused } from '../../fakes/libvirt/fake-core-dump.ts';
import { GuestMemory } from '../../fakes/libvirt/guest-memory.ts';
import { GuestWorld } from '../../fakes/libvirt/guest-world.ts';
import { FakeFailure } from '../../fakes/libvirt/handlers.ts';
import { passTime } from '../../fakes/libvirt/pass-time.ts';

// A core dump that goes to a file of libvirt's host first, because libvirt cannot open a FIFO of ours.
const limit = { timeout: 12_000 };

const dumpFolder = '/var/lib/libvirt/qemu/dump';
const small = () => new GuestMemory({ pages: 64 });
const noteOf = ({ bench, guest }: GuestWorld) =>
  JSON.parse(readFileSync(join(bench.stateFolder, 'captures', `${guest.ref.uuid}.json`), 'utf8'));
const reasonOf = (text: string) => new MemoirError('CANCELLED', text);

/** A guest whose FIFO libvirtd may not open. */
async function refusing(code = 'EACCES'): Promise<GuestWorld> {
  const world = await GuestWorld.start({ memory: small() });
  world.qemu.steps.at('dump.paused', () => Promise.reject(pathRefused('/run/memoir-1/memory.fifo', code)));
  return world;
}

describe('a core dump whose path libvirt may not open', limit, () => {
  it('goes to a file of a storage pool first, which is fetched and removed', async () => {
    const world = await refusing();
    world.bench.guests.pools.add('images', '/var/lib/libvirt/images');
    const second = world.qemu.steps.hold('dump', 1);
    const { outcome, reader } = await world.start('CORE_DUMP', { keepImage: true });
    await second.reached;
    const { volume } = noteOf(world);
    expect(volume).toEqual({ pool: 'memoir-dumps', name: expect.stringMatching(/^memoir-.*\.elf$/) });
    second.release();
    await outcome;
    expect(reader.recorder.image?.equals(world.qemu.memory.ram)).toBe(true);
    expect([...world.bench.guests.pools.pools.values()].map(({ folder }) => folder)).toContain(dumpFolder);
    world.expectAsBefore();
  });

  it('needs room for the memory and a little more; if there is none, that is the reason', async () => {
    const world = await refusing();
    const bytes = world.qemu.memory.ram.length;
    world.bench.guests.pools.add('dumps', dumpFolder, BigInt(bytes + bytes / 64 - 1));
    const { outcome } = await world.start('CORE_DUMP');
    await expect(outcome).rejects.toMatchObject({ code: 'NO_SPACE' });
    world.expectAsBefore();
    world.bench.guests.pools.add('dumps', dumpFolder, BigInt(bytes + bytes / 64));
    world.qemu.steps.at('dump.paused', () => Promise.reject(pathRefused('/run/memoir-1/memory.fifo', 'EPERM')));
    await (await world.start('CORE_DUMP')).outcome;
    world.expectAsBefore();
  });

  it('fails in words where there is no pool: what was refused, why, and what helps', async () => {
    const world = await refusing();
    const { daemon } = world.bench;
    daemon.overrides = {
      ...daemon.overrides,
      storagePoolCreateXml: () => Promise.reject(new FakeFailure(3, 'no storage driver')),
    };
    const { outcome } = await world.start('CORE_DUMP');
    await expect(outcome).rejects.toMatchObject({
      code: 'HYPERVISOR_REFUSED',
      message: expect.stringMatching(/may not write to .*memory\.fifo .*EACCES.*no storage driver/),
      hint: expect.stringContaining('deploy/'),
    });
    world.expectAsBefore();
  });

  it('is no detour for a path that fails otherwise', async () => {
    const world = await refusing('EIO');
    world.bench.guests.pools.add('dumps', dumpFolder);
    const { outcome } = await world.start('CORE_DUMP');
    await expect(outcome).rejects.toMatchObject({
      code: 'HYPERVISOR_REFUSED',
      message: expect.stringContaining('EIO'),
    });
    expect(world.qemu.steps.passed.get('dump')).toBe(1);
    world.expectAsBefore();
  });

  it('is seen to move by the size of its file where libvirt tells nothing of its job, and is never called still', async () => {
    const world = await refusing();
    world.bench.guests.pools.add('dumps', dumpFolder);
    world.guest.tellsProgress = false;
    const written = world.qemu.steps.hold('dump.written');
    const { outcome, reader } = await world.start('CORE_DUMP');
    await written.reached;
    await expect.poll(() => reader.moves).toBe(1);
    passTime(60_000);
    const looks = world.qemu.steps.passed.get('job') ?? 0;
    await expect.poll(() => world.qemu.steps.passed.get('job')).toBeGreaterThan(looks + 2);
    written.release();
    await outcome;
    world.expectAsBefore();
  });

  it('is watched once: nobody looks after the attempt that was refused', async () => {
    const world = await refusing();
    world.bench.guests.pools.add('dumps', dumpFolder);
    const written = world.qemu.steps.hold('dump.written');
    const { outcome, reader } = await world.start('CORE_DUMP');
    await written.reached;
    await expect.poll(() => reader.moves).toBeGreaterThan(0);
    const looks = world.qemu.steps.passed.get('job') ?? 0;
    await expect.poll(() => world.qemu.steps.passed.get('job')).toBeGreaterThan(looks + 2);
    expect(reader.moves).toBe(1);
    written.release();
    await outcome;
    world.expectAsBefore();
  });

  it('and whose file is lost before it is fetched fails with that, and leaves nothing', async () => {
    const world = await refusing();
    world.bench.guests.pools.add('dumps', dumpFolder);
    world.qemu.steps.at('dump.written', () => world.bench.daemon.hypervisor.volumes.clear());
    const { outcome, reader } = await world.start('CORE_DUMP');
    await expect(outcome).rejects.toMatchObject({
      code: 'HYPERVISOR_REFUSED',
      message: expect.stringContaining('not found'),
    });
    expect(reader.abandoned).toBe(1);
    world.expectAsBefore();
  });

  it('can be cancelled while its file is fetched, which is removed', async () => {
    const world = await refusing();
    world.bench.guests.pools.add('dumps', dumpFolder);
    const { daemon } = world.bench;
    const asked = Promise.withResolvers<void>();
    daemon.overrides = {
      ...daemon.overrides,
      storageVolDownload: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
    };
    const { outcome, controller } = await world.start('CORE_DUMP');
    await asked.promise;
    const reason = reasonOf('not needed any more');
    controller.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    world.expectAsBefore();
  });
});

describe('a guest on another host', limit, () => {
  /** The fake daemon behind what is taken for ssh: a program that connects it with standard input and output. */
  function behindSsh({ bench }: GuestWorld): string {
    const path = join(bench.folder, 'ssh');
    const code = `const s=require("net").connect(${JSON.stringify(bench.daemon.socketPath)});process.stdin.pipe(s).pipe(process.stdout)`;
    writeFileSync(path, `#!/bin/sh\nexec ${process.execPath} -e '${code}'\n`, { mode: 0o755 });
    return `qemu+ssh://elsewhere/system?command=${path}`;
  }

  it('is captured by core dump, whose file is fetched from there: no FIFO of ours is asked for', async () => {
    const world = await GuestWorld.start({ memory: small() });
    world.bench.guests.pools.add('dumps', dumpFolder);
    const hypervisor = await world.bench.hypervisor({ uri: behindSsh(world) });
    await expect.poll(() => hypervisor.status().state).toBe('UP');
    const machine = await world.machine();
    const { automatic, blockers } = await hypervisor.captureOptions(machine);
    expect(automatic).toBe('CORE_DUMP');
    expect(blockers).toEqual([
      expect.objectContaining({ method: 'SNAPSHOT', reason: expect.stringContaining('another host') }),
    ]);
    const plan = await hypervisor.plan(machine, 'AUTO');
    const reader = new InProcessReader(plan, { keepImage: true });
    await hypervisor.capture(plan, reader, new AbortController().signal);
    expect(world.qemu.steps.passed.get('dump')).toBe(1);
    expect(reader.recorder.image?.equals(world.qemu.memory.ram)).toBe(true);
    world.expectAsBefore();
  });
});
