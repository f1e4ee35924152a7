import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VolumeProvider, VolumeSpec } from '../../src/volumes/volume-provider.ts';

export interface VolumeProviderBench {
  readonly provider: VolumeProvider;
  /** Two machines that volumes can be attached to. */
  readonly machines: readonly [string, string];
  dispose(): Promise<void>;
}

const mebibyte = 2 ** 20;
export const volumeSpec = (more: Partial<VolumeSpec> = {}): VolumeSpec => ({
  mark: randomUUID(),
  name: 'data',
  sizeBytes: 8 * mebibyte,
  placement: { zone: null, offering: null },
  ...more,
});

/** What every provider of volumes does. `unit` is the granularity of its sizes. */
export function volumeProviderSuite(name: string, open: () => Promise<VolumeProviderBench>, unit = mebibyte): void {
  describe(`volumes: ${name}`, () => {
    const { signal } = new AbortController();
    const nobody = '00000000-0000-4000-8000-00000000dead';
    let bench: VolumeProviderBench;
    let provider: VolumeProvider;
    let here: string;
    let there: string;
    const spec = (): VolumeSpec => volumeSpec({ sizeBytes: 8 * unit });
    beforeEach(async () => {
      bench = await open();
      ({ provider } = bench);
      [here, there] = bench.machines;
    });
    afterEach(() => bench.dispose());
    const mine = async (mark: string) => (await provider.list(signal)).filter((volume) => volume.mark === mark);

    it('makes a volume that it then describes and lists', async () => {
      const wanted = spec();
      const made = await provider.create(wanted, signal);
      expect(made).toMatchObject({ mark: wanted.mark, sizeBytes: wanted.sizeBytes, attachedTo: [] });
      expect(await provider.describe(wanted.mark, signal)).toEqual(made);
      expect(await mine(wanted.mark)).toEqual([made]);
      await provider.delete(wanted.mark, signal);
    });

    it('makes one volume of one mark, however often and however many ask at once', async () => {
      const wanted = spec();
      const made = await Promise.all([1, 2, 3].map(() => provider.create(wanted, signal)));
      const again = await provider.create(wanted, signal);
      expect(new Set([...made, again].map(({ providerId }) => providerId)).size).toBe(1);
      expect(await mine(wanted.mark)).toHaveLength(1);
      await provider.delete(wanted.mark, signal);
    });

    it('knows nothing of a mark that nobody used', async () => {
      const { mark } = spec();
      expect(await provider.describe(mark, signal)).toBeNull();
      await provider.delete(mark, signal);
      await expect(provider.attach({ mark, machineId: here }, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(provider.resize(mark, unit, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('attaches once, however often it is asked, and says where', async () => {
      const { mark } = await provider.create(spec(), signal);
      const target = { mark, machineId: here };
      const [one, two] = await Promise.all([provider.attach(target, signal), provider.attach(target, signal)]);
      expect([one?.attachedTo, two?.attachedTo]).toEqual([[here], [here]]);
      expect((await provider.attach(target, signal)).attachedTo).toEqual([here]);
      expect((await provider.describe(mark, signal))?.attachedTo).toEqual([here]);
      await provider.detach(target, signal);
      await provider.delete(mark, signal);
    });

    it('gives two attached volumes serials that differ', async () => {
      const marks = [spec(), spec()];
      const attached = [];
      for (const one of marks) {
        await provider.create(one, signal);
        attached.push(await provider.attach({ mark: one.mark, machineId: here }, signal));
      }
      expect(new Set(attached.map(({ serial }) => serial)).size).toBe(2);
      expect(attached.every(({ serial }) => serial !== null && serial.length >= 20)).toBe(true);
      for (const { mark } of marks) {
        await provider.detach({ mark, machineId: here }, signal);
        await provider.delete(mark, signal);
      }
    });

    it('attaches to one machine at a time', async () => {
      const { mark } = await provider.create(spec(), signal);
      await provider.attach({ mark, machineId: here }, signal);
      await expect(provider.attach({ mark, machineId: there }, signal)).rejects.toMatchObject({
        code: 'VOLUME_IN_USE',
      });
      expect((await provider.describe(mark, signal))?.attachedTo).toEqual([here]);
      await provider.detach({ mark, machineId: here }, signal);
      expect((await provider.attach({ mark, machineId: there }, signal)).attachedTo).toEqual([there]);
      await provider.detach({ mark, machineId: there }, signal);
      await provider.delete(mark, signal);
    });

    it('attaches to no machine that is not there', async () => {
      const { mark } = await provider.create(spec(), signal);
      await expect(provider.attach({ mark, machineId: nobody }, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await provider.delete(mark, signal);
    });

    it('detaches, and is content where nothing is attached', async () => {
      const { mark } = await provider.create(spec(), signal);
      await provider.attach({ mark, machineId: here }, signal);
      expect((await provider.detach({ mark, machineId: here }, signal)).attachedTo).toEqual([]);
      expect((await provider.detach({ mark, machineId: here }, signal)).attachedTo).toEqual([]);
      expect((await provider.describe(mark, signal))?.attachedTo).toEqual([]);
      await provider.delete(mark, signal);
    });

    it('leaves another machine alone when it detaches', async () => {
      const { mark } = await provider.create(spec(), signal);
      await provider.attach({ mark, machineId: here }, signal);
      expect((await provider.detach({ mark, machineId: there }, signal)).attachedTo).toEqual([here]);
      await provider.detach({ mark, machineId: here }, signal);
      await provider.delete(mark, signal);
    });

    it('deletes once and for all, but nothing that is attached', async () => {
      const { mark } = await provider.create(spec(), signal);
      await provider.attach({ mark, machineId: here }, signal);
      await expect(provider.delete(mark, signal)).rejects.toMatchObject({ code: 'VOLUME_IN_USE' });
      await provider.detach({ mark, machineId: here }, signal);
      await provider.delete(mark, signal);
      await provider.delete(mark, signal);
      expect(await provider.describe(mark, signal)).toBeNull();
      expect(await mine(mark)).toEqual([]);
    });

    it('grows to a size, once, and never shrinks', async () => {
      const wanted = spec();
      const { mark } = await provider.create(wanted, signal);
      expect((await provider.resize(mark, 16 * unit, signal)).sizeBytes).toBe(16 * unit);
      expect((await provider.resize(mark, 16 * unit, signal)).sizeBytes).toBe(16 * unit);
      await expect(provider.resize(mark, 8 * unit, signal)).rejects.toMatchObject({ code: 'BAD_INPUT' });
      expect((await provider.describe(mark, signal))?.sizeBytes).toBe(16 * unit);
      await provider.delete(mark, signal);
    });

    it('does nothing for a caller that has gone', async () => {
      const reason = new Error('gone');
      const wanted = spec();
      await expect(provider.create(wanted, AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(await provider.describe(wanted.mark, signal)).toBeNull();
    });
  });
}
