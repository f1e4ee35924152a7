import { readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import type { CaptureNote } from '../../../src/machines/libvirt/guest/capture-note.ts';
import { Guest } from '../../../src/machines/libvirt/guest/guest.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { type HeldWork, holdMigration, holdSave, migrationStatus } from '../bench/foreign-work.ts';
import { lacksBench } from '../bench/generation.ts';
import type { Guest as BenchGuest } from '../bench/guest.ts';
import { litmus } from '../bench/litmus.ts';
import { capabilityOf, expectUntouched } from './invariant.ts';

// Migrations and saves that an administrator started, on a real libvirtd and a guest that counts: none of them is ever ended by
// us, and nothing is captured beside them.
describe.skipIf(lacksBench())('a guest that someone else migrates or saves', { timeout: 120_000 }, () => {
  let bench: Bench;
  let guest: BenchGuest;
  let hypervisor: Hypervisor;
  let stateFolder: string;

  beforeAll(async () => {
    bench = await startBench();
    guest = await bench.startGuest({ name: 'theirs', memoryMiB: 160, program: await litmus({ pages: 4096 }) });
    await guest.waitFor(/READY/);
    stateFolder = join(bench.folder, 'state');
    hypervisor = await createLibvirtHypervisor({ uri: bench.uri, stateFolder, meetingFolders: [bench.exchange] });
  }, 240_000);
  afterAll(async () => {
    await hypervisor?.close();
    await bench?.close();
  });

  const find = async (): Promise<Machine> => (await hypervisor.find(guest.uuid)) as Machine;
  const migration = (): Promise<string> => migrationStatus(guest);

  /** Held until `finish`, or until the test is over. */
  async function held(hold: typeof holdSave): Promise<HeldWork> {
    const work = await hold(bench, guest);
    let finished: Promise<void> | undefined;
    const finish = (): Promise<void> => {
      finished ??= work.finish();
      return finished;
    };
    onTestFinished(() => finish().catch(() => undefined));
    expect(await work.status()).toBe('active');
    return { status: work.status, finish };
  }

  it('is refused by name of the job, whichever method is asked for', async () => {
    const save = await held(holdSave);
    for (const choice of ['AUTO', 'SNAPSHOT', 'CORE_DUMP'] as const)
      await expect(hypervisor.plan(await find(), choice)).rejects.toMatchObject({
        code: 'MACHINE_BUSY',
        message: expect.stringMatching(/libvirt is running a save .*domjobinfo/),
      });
    await save.finish();
    await expectUntouched(guest);
  });

  it('is refused too when its QEMU was told to migrate past libvirt', async () => {
    const other = await held(holdMigration);
    await expect(hypervisor.plan(await find(), 'AUTO')).rejects.toMatchObject({
      code: 'MACHINE_BUSY',
      message: expect.stringMatching(/libvirt does not know of/),
    });
    await other.finish();
    await expectUntouched(guest);
  });

  it.each(['SNAPSHOT', 'CORE_DUMP'] as const)(
    'goes on being migrated when a %s that was planned before is refused',
    async (method) => {
      const plan = await hypervisor.plan(await find(), method);
      const other = await held(holdMigration);
      const reader = new InProcessReader(plan);
      const capture = hypervisor.capture(plan, reader, new AbortController().signal);
      await expect(capture).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
      expect(reader.opened).toBe(0);
      expect(await migration()).toBe('active');
      expect(await guest.state()).toBe('running');
      expect(await capabilityOf(guest)).toBe(false);
      await other.finish();
      await expectUntouched(guest);
    },
  );

  it('is refused by libvirt’s word when the save begins after the last look, and no byte is parsed', async () => {
    const plan = await hypervisor.plan(await find(), 'CORE_DUMP');
    const reader = new InProcessReader(plan);
    const { open } = reader;
    let other: HeldWork | undefined;
    reader.open = async () => {
      await open.call(reader);
      other = await held(holdMigration);
    };
    const capture = hypervisor.capture(plan, reader, new AbortController().signal);
    await expect(capture).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
    expect(reader.recorder.memoryLayout).toBeNull();
    expect(await migration()).toBe('active');
    await other?.finish();
    await expectUntouched(guest);
  });

  it('goes on being migrated when one begins between the last look and our own', async () => {
    const plan = await hypervisor.plan(await find(), 'SNAPSHOT');
    const reader = new InProcessReader(plan);
    const { open } = reader;
    let other: HeldWork | undefined;
    reader.open = async () => {
      await open.call(reader);
      other = await held(holdMigration);
    };
    const capture = hypervisor.capture(plan, reader, new AbortController().signal);
    await expect(capture).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
    expect(await migration()).toBe('active');
    await other?.finish();
    await expectUntouched(guest);
  });

  it('has it cancelled, and says so, when it began between our two commands: QEMU has made a snapshot of it', async () => {
    // Paused: one that executes is held up meanwhile, perhaps with its QEMU.
    await bench.virsh('suspend', guest.uuid);
    const plan = await hypervisor.plan(await find(), 'SNAPSHOT');
    const { setSnapshotCapability } = Guest.prototype;
    let other: HeldWork | undefined;
    const between = vi.spyOn(Guest.prototype, 'setSnapshotCapability').mockImplementationOnce(async function (
      this: Guest,
      state,
    ) {
      await setSnapshotCapability.call(this, state);
      other = await held(holdMigration);
    });
    onTestFinished(() => between.mockRestore());
    const capture = hypervisor.capture(plan, new InProcessReader(plan), new AbortController().signal);
    await expect(capture).rejects.toMatchObject({
      code: 'MACHINE_BUSY',
      message: expect.stringMatching(/has been cancelled/),
    });
    expect(await migration()).toBe('cancelled');
    await other?.finish();
    expect(await guest.state()).toBe('paused');
    await bench.virsh('resume', guest.uuid);
    await expectUntouched(guest);
  });

  const noteOf = async (touched: boolean): Promise<CaptureNote> => ({
    machineId: guest.uuid,
    machineName: guest.name,
    domainId: Number((await find()).vmid),
    method: 'SNAPSHOT',
    wasRunning: true,
    touched,
    interruptible: true,
    places: [],
    sockets: [],
    volume: null,
  });
  const leave = async (note: CaptureNote): Promise<void> => {
    await mkdir(join(stateFolder, 'captures'), { recursive: true });
    await writeFile(join(stateFolder, 'captures', `${note.machineId}.json`), JSON.stringify(note));
  };
  const notes = (): string[] => readdirSync(join(stateFolder, 'captures'));

  it.each([true, false])(
    'goes on being saved when a server that died left a note of it (touched: %s)',
    async (touched) => {
      const save = await held(holdSave);
      await leave(await noteOf(touched));
      expect((await hypervisor.recover()).repaired).toEqual([]);
      expect(await migration()).toBe('active');
      await save.finish();
      expect((await hypervisor.recover()).pending).toEqual([]);
      expect(notes()).toEqual([]);
      await expectUntouched(guest);
    },
  );

  it('is not touched while it migrates with our capability on; afterwards that is switched off, without being asked', async () => {
    // Paused: one that executes is held up by a snapshot that nobody reads, perhaps with its QEMU.
    await bench.virsh('suspend', guest.uuid);
    await guest.qmp('migrate-set-capabilities', { capabilities: [{ capability: 'background-snapshot', state: true }] });
    const other = await held(holdMigration);
    await leave(await noteOf(true));
    const { repaired, pending } = await hypervisor.recover();
    expect(repaired).toEqual([]);
    expect(pending.join()).toMatch(/"theirs"/);
    expect(await migration()).toBe('active');
    // The note stays as it is: a new capture does not begin on top of what is not undone yet.
    const plan = { ...(await planWithoutLooking()), machine: await find() };
    await expect(
      hypervisor.capture(plan, new InProcessReader(plan), new AbortController().signal),
    ).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
    expect(notes()).toEqual([`${guest.uuid}.json`]);
    await other.finish();
    while (notes().length > 0) await sleep(50);
    expect(await guest.state()).toBe('paused');
    await bench.virsh('resume', guest.uuid);
    await expectUntouched(guest);
  });

  const planWithoutLooking = async () => ({
    machine: await find(),
    method: 'CORE_DUMP' as const,
    reason: 'a test wants it',
    memoryBytes: 1,
    source: { module: '', options: { place: { folder: join(bench.exchange, 'none'), path: '' } } },
  });
});
