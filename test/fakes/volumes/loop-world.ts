import { createKernelDevices } from '../../../src/volumes/devices/kernel-devices.ts';
import type { ProvidedVolume } from '../../../src/volumes/volume-provider.ts';
import { bindLoop, growLoop, releaseLoop } from './loop-device.ts';
import type { VolumeServerOptions } from './volume-server.ts';

/**
 * The demo's volumes as real devices of this kernel: one that is attached is bound to a loop device, which has no serial, as on hypervisors
 * that give none.
 */
export function loopWorld(fileOf: (mark: string) => string) {
  const bound = new Map<string, string>();
  const seen = (volume: ProvidedVolume): ProvidedVolume => ({ ...volume, serial: null });
  const release = async (mark: string): Promise<void> => {
    const name = bound.get(mark);
    bound.delete(mark);
    if (name !== undefined) await releaseLoop(name);
  };
  const devices = createKernelDevices({ monitor: null, pollMs: 100 });
  const world: NonNullable<VolumeServerOptions['lie']> = (honest) => ({
    devices,
    provider: {
      ...honest,
      // Real devices: what is refused for simulated ones is not refused here.
      kind: 'libvirt',
      create: async (spec, signal) => seen(await honest.create(spec, signal)),
      async attach(target, signal) {
        const volume = await honest.attach(target, signal);
        if (!bound.has(target.mark)) bound.set(target.mark, await bindLoop(fileOf(target.mark)));
        return seen(volume);
      },
      async detach(target, signal) {
        await release(target.mark);
        return seen(await honest.detach(target, signal));
      },
      describe: async (mark, signal) => {
        const volume = await honest.describe(mark, signal);
        return volume && seen(volume);
      },
      list: async (signal) => (await honest.list(signal)).map(seen),
      resize: async (mark, sizeBytes, signal) => {
        const volume = await honest.resize(mark, sizeBytes, signal);
        const name = bound.get(mark);
        if (name !== undefined) await growLoop(name);
        return seen(volume);
      },
    },
  });
  return {
    world,
    /** Takes the device away behind everybody's back. */
    pull: release,
    async close() {
      await devices.close();
      for (const mark of [...bound.keys()]) await release(mark).catch(() => undefined);
    },
  };
}
