import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HypervisorStatus } from '../../../src/machines/hypervisor.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import { GuestWorld } from '../../fakes/libvirt/guest-world.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const limit = { timeout: 12_000 };

describe('a hypervisor', limit, () => {
  it('says its host and versions, the installed QEMU’s as soon as libvirt knows it, and asks for that once', async () => {
    const world = await GuestWorld.start();
    const { daemon } = world.bench;
    await world.hypervisor.close();
    let asked = 0;
    daemon.overrides = {
      ...daemon.overrides,
      connectGetVersion: () => {
        asked += 1;
        return 10_001_002n;
      },
    };
    const hypervisor = await world.bench.hypervisor();
    expect(hypervisor.host).toBe('fake');
    await expect.poll(() => hypervisor.status().version).toBe('libvirt 11.3.0, QEMU 10.1.2');
    const told: HypervisorStatus['state'][] = [];
    hypervisor.watch({ status: ({ state }) => told.push(state) });
    for (const { socket } of daemon.clients) socket.destroy();
    await expect.poll(() => told).toEqual(['DOWN', 'UP']);
    expect(hypervisor.status().version).toBe('libvirt 11.3.0, QEMU 10.1.2');
    expect(asked).toBe(1);
  });

  it('that is away when it is created is a state, and is dialled until it is there', async () => {
    const folder = temporaryFolder();
    const hypervisor = await createLibvirtHypervisor({
      uri: `qemu:///system?socket=${join(folder, 'none')}`,
      stateFolder: folder,
    });
    onTestFinished(() => hypervisor.close());
    expect(hypervisor.status()).toMatchObject({ state: 'DOWN', version: null });
    expect(hypervisor.host).toBe(hostname());
    for (const ask of [hypervisor.list(), hypervisor.find('x'), hypervisor.measure()])
      await expect(ask).rejects.toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE' });
  });

  it('whose address makes no sense says so', async () => {
    const folder = temporaryFolder();
    const hypervisor = await createLibvirtHypervisor({ uri: 'nonsense', stateFolder: folder });
    onTestFinished(() => hypervisor.close());
    expect(hypervisor.status().state).toBe('DOWN');
  });

  it('that accepts and says nothing holds up no start', async () => {
    const world = await GuestWorld.start();
    world.bench.daemon.freeze();
    const hypervisor = await world.bench.hypervisor();
    expect(hypervisor.status().state).toBe('CONNECTING');
  });

  it('whose driver tells no version shows libvirt’s alone', async () => {
    const world = await GuestWorld.start();
    const { connectGetVersion: _, ...handlers } = world.bench.daemon.overrides;
    world.bench.daemon.overrides = handlers;
    const hypervisor = await world.bench.hypervisor();
    expect(hypervisor.status()).toMatchObject({ state: 'UP', version: 'libvirt 11.3.0' });
  });

  it('lists machines of equal names in the order of their ids, and names by their letters’ numbers', async () => {
    const world = await GuestWorld.start();
    for (const name of ['zoo', 'web', 'Ärger', 'Web', 'web 2']) world.bench.guests.add(name);
    const listed = (await world.hypervisor.list()).map(({ name, id }) => `${name} ${id.slice(-1)}`);
    expect(listed).toEqual(['Web 5', 'web 1', 'web 3', 'web 2 6', 'zoo 2', 'Ärger 4']);
  });

  it('asks libvirt for no name that libvirt cannot take', async () => {
    const world = await GuestWorld.start();
    const before = [...world.bench.daemon.clients].flatMap(({ calls }) => calls).length;
    expect([await world.hypervisor.find(''), await world.hypervisor.find('web\0x')]).toEqual([null, null]);
    expect([...world.bench.daemon.clients].flatMap(({ calls }) => calls)).toHaveLength(before);
    expect((await world.hypervisor.find('web'))?.name).toBe('web');
  });

  it('a guest whose name is another one’s id is not taken for that', async () => {
    const world = await GuestWorld.start();
    const { uuid } = world.guest.ref;
    world.bench.guests.add(uuid);
    expect((await world.hypervisor.find(uuid))?.name).toBe('web');
    world.bench.guests.remove(world.guest);
    expect((await world.hypervisor.find(uuid))?.name).toBe(uuid);
  });

  it('shows calls that libvirt left unanswered', async () => {
    const world = await GuestWorld.start({}, { answerMs: 50 });
    world.qemu.steps.hold('query-version');
    await world.hypervisor.captureOptions(await world.machine()).catch(() => undefined);
    expect(world.hypervisor.status()).toMatchObject({ state: 'DEGRADED', reason: expect.stringContaining('1 call') });
  });

  it('tells what happened while it was away, once it is back', async () => {
    const world = await GuestWorld.start();
    const { guests, daemon } = world.bench;
    const told: string[] = [];
    const seen = Promise.withResolvers<void>();
    // The first look at everything is over when the versions are known.
    await expect.poll(() => world.hypervisor.status().version).toContain('QEMU');
    world.hypervisor.watch({
      machine: (change) => {
        told.push(change.type === 'GONE' ? `${change.name} gone` : `${change.machine.name} ${change.machine.state}`);
        if (told.length === 2) seen.resolve();
      },
    });
    await daemon.stop();
    guests.remove(world.guest);
    guests.add('db');
    await daemon.resume();
    await seen.promise;
    expect(told).toEqual(['web gone', 'db RUNNING']);
  });

  it('tells nobody anything after it was closed', async () => {
    const world = await GuestWorld.start();
    const told: unknown[] = [];
    world.hypervisor.watch({ machine: (change) => told.push(change), status: ({ state }) => told.push(state) });
    await world.hypervisor.close();
    const atClose = told.length;
    world.guest.suspend();
    await expect(world.hypervisor.list()).rejects.toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE' });
    expect(told).toHaveLength(atClose);
  });
});
