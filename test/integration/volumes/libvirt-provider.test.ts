import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLibvirtProvider } from '../../../src/volumes/libvirt/libvirt-provider.ts';
import { serialOf } from '../../../src/volumes/serial.ts';
import type { VolumeProvider } from '../../../src/volumes/volume-provider.ts';
import { volumeProviderSuite, volumeSpec } from '../../contracts/volume-provider.ts';
import { thorough } from '../../thorough.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { buildFirmware } from '../bench/firmware.ts';
import { lacksBench } from '../bench/generation.ts';
import type { Guest } from '../bench/guest.ts';
import { diskWatcher } from '../bench/programs.ts';

const mebibyte = 2 ** 20;
/** VOLUME_ROUNDS=50 and VOLUME_ALTERNATIONS=200 are what the promise is about; CI takes fewer. */
const rounds = Number(process.env.VOLUME_ROUNDS ?? (thorough ? 5 : 2));
const alternations = Number(process.env.VOLUME_ALTERNATIONS ?? (thorough ? 10 : 3));

describe.skipIf(lacksBench())(
  'volumes of a real libvirt',
  { timeout: 60_000 + 10_000 * (rounds + alternations) },
  () => {
    const { signal } = new AbortController();
    let bench: Bench;
    let guest: Guest;
    let other: Guest;
    let deaf: Guest;
    let provider: VolumeProvider;
    const open = (more: { detachTimeoutMs?: number } = {}) =>
      createLibvirtProvider({ uri: bench.uri, pool: 'volumes', here: null, isLocal: true, askAgainMs: 1_000, ...more });

    beforeAll(async () => {
      bench = await startBench();
      const folder = join(bench.exchange, 'pool');
      await mkdir(folder, { mode: 0o711 });
      await bench.virsh('pool-create-as', 'volumes', 'dir', '--target', folder);
      const firmware = await buildFirmware(bench.folder);
      [guest, other, deaf] = await Promise.all([
        bench.startGuest({ name: 'one', program: diskWatcher(), machine: 'pc', memoryMiB: 128 }),
        bench.startGuest({ name: 'two', program: diskWatcher(), machine: 'pc', memoryMiB: 128 }),
        bench.startGuest({ name: 'deaf', program: { firmware }, machine: 'pc', memoryMiB: 32 }),
      ]);
      await Promise.all([guest, other, deaf].map((one) => one.waitFor(/READY/)));
      provider = open();
    }, 300_000);
    afterAll(async () => {
      await provider?.close();
      await bench?.close();
    });

    volumeProviderSuite('libvirt', async () => {
      const own = open();
      return { provider: own, machines: [guest.uuid, other.uuid], dispose: () => own.close() };
    });

    it('tells two volumes of equal size that come at once apart: the guest itself names them', async () => {
      for (let round = 0; round < rounds; round++) {
        const from = (await guest.console()).length;
        const specs = [volumeSpec(), volumeSpec()];
        await Promise.all(specs.map((spec) => provider.create(spec, signal)));
        const targets = specs.map(({ mark }) => ({ mark, machineId: guest.uuid }));
        const attached = await Promise.all(targets.map((target) => provider.attach(target, signal)));
        expect(attached.map(({ serial }) => serial)).toEqual(specs.map(({ mark }) => serialOf(mark)));
        const sizes = specs.map(({ mark, sizeBytes }) => `${serialOf(mark)}=${sizeBytes / 512}`);
        for (const line of sizes) await guest.waitFor(new RegExp(`DISKS.*${line}.*\\.`), { from, timeoutMs: 20_000 });
        await Promise.all(targets.map((target) => provider.detach(target, signal)));
        await guest.waitFor(/DISKS\./, { from, timeoutMs: 20_000 });
        for (const { mark } of specs) await provider.delete(mark, signal);
      }
    });

    it('leaves neither a device nor a volume behind after fast alternations', async () => {
      const spec = volumeSpec();
      await provider.create(spec, signal);
      const target = { mark: spec.mark, machineId: guest.uuid };
      for (let round = 0; round < alternations; round++) {
        const from = (await guest.console()).length;
        expect((await provider.attach(target, signal)).attachedTo).toEqual([guest.uuid]);
        await guest.waitFor(new RegExp(`DISKS ${serialOf(spec.mark)}=\\d+\\.`), { from, timeoutMs: 20_000 });
        expect((await provider.detach(target, signal)).attachedTo).toEqual([]);
        await guest.waitFor(/DISKS\./, { from, timeoutMs: 20_000 });
        expect(await bench.virsh('domblklist', guest.uuid)).not.toContain(spec.mark);
      }
      await provider.delete(spec.mark, signal);
      expect(await bench.virsh('vol-list', 'volumes')).not.toContain(spec.mark);
    });

    it('shows a running guest that its disk has grown', async () => {
      const spec = volumeSpec();
      await provider.create(spec, signal);
      const target = { mark: spec.mark, machineId: guest.uuid };
      await provider.attach(target, signal);
      expect((await provider.resize(spec.mark, 16 * mebibyte, signal)).sizeBytes).toBe(16 * mebibyte);
      await guest.waitFor(new RegExp(`${serialOf(spec.mark)}=${(16 * mebibyte) / 512}`), { timeoutMs: 20_000 });
      await provider.detach(target, signal);
      await provider.delete(spec.mark, signal);
    });

    it('says that a guest without hot-unplug keeps its disk, within the deadline, and that it is attached as before', async () => {
      await using hasty = {
        provider: open({ detachTimeoutMs: 1_500 }),
        [Symbol.asyncDispose]: () => hasty.provider.close(),
      };
      const spec = volumeSpec();
      await hasty.provider.create(spec, signal);
      const target = { mark: spec.mark, machineId: deaf.uuid };
      await hasty.provider.attach(target, signal);
      await expect(hasty.provider.detach(target, signal)).rejects.toMatchObject({ code: 'DETACH_REFUSED' });
      expect((await hasty.provider.describe(spec.mark, signal))?.attachedTo).toEqual([deaf.uuid]);
      await expect(hasty.provider.delete(spec.mark, signal)).rejects.toMatchObject({ code: 'VOLUME_IN_USE' });
      // What helps is what the hint says: the machine is shut down.
      await deaf.destroy();
      expect((await hasty.provider.detach(target, signal)).attachedTo).toEqual([]);
      await hasty.provider.delete(spec.mark, signal);
    });

    it('sees a disk that someone attached by hand, and does not attach it elsewhere', async () => {
      const spec = volumeSpec();
      const { path } = await provider.create(spec, signal);
      const before = (await other.console()).length;
      await bench.virsh('attach-disk', other.uuid, path as string, 'vdx', '--live');
      await expect(provider.attach({ mark: spec.mark, machineId: guest.uuid }, signal)).rejects.toMatchObject({
        code: 'VOLUME_IN_USE',
      });
      // A guest that is asked to release a disk while it still sets it up forgets that it was asked.
      await other.waitFor(/DISKS =\d+\./, { from: before, timeoutMs: 20_000 });
      const release = async () => {
        await bench.virsh('detach-disk', other.uuid, 'vdx', '--live').catch(() => undefined);
        return (await provider.describe(spec.mark, signal))?.attachedTo;
      };
      await expect.poll(release, { timeout: 30_000, interval: 1_000 }).toEqual([]);
      await provider.delete(spec.mark, signal);
    });

    it('answers PROVIDER_UNAVAILABLE while nobody listens there', async () => {
      const nobody = createLibvirtProvider({
        uri: `qemu+unix:///system?socket=${bench.folder}/none`,
        pool: null,
        here: null,
        isLocal: true,
        readyMs: 200,
      });
      await expect(nobody.list(signal)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
      await nobody.close();
    });
  },
);
