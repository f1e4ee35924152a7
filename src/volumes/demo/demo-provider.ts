import { setTimeout as sleep } from 'node:timers/promises';
import { MemoirError } from '../../domain/memoir-error.ts';
import { serialOf } from '../serial.ts';
import type { ProvidedVolume, VolumeProvider } from '../volume-provider.ts';
import type { DemoDisk, DemoDisks } from './demo-disks.ts';

export interface DemoProviderOptions {
  readonly disks: DemoDisks;
  /** How long each call takes, so that a person sees it happen. */
  readonly delayMs?: number;
  readonly hasMachine: (machineId: string) => Promise<boolean>;
}

/** Volumes of no value, for trying everything out: each is a sparse file that becomes a simulated device. */
export function createDemoProvider({ disks, delayMs = 0, hasMachine }: DemoProviderOptions): VolumeProvider {
  const provided = ({ mark, sizeBytes, device }: DemoDisk): ProvidedVolume => ({
    mark,
    providerId: `demo-${mark}`,
    sizeBytes,
    serial: serialOf(mark),
    attachedTo: device === null ? [] : [device.machineId],
    path: disks.fileOf(mark),
  });
  const existing = (all: ReadonlyMap<string, DemoDisk>, mark: string): DemoDisk => {
    const disk = all.get(mark);
    if (disk === undefined) throw new MemoirError('NOT_FOUND', `the demo has no volume ${mark}`);
    return disk;
  };
  async function taken(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (delayMs > 0)
      await sleep(delayMs, undefined, { signal }).catch(() => {
        throw signal.reason;
      });
  }

  return {
    kind: 'demo',
    async create({ mark, sizeBytes }, signal) {
      await taken(signal);
      return disks.change((all) => {
        const disk = all.get(mark) ?? { mark, sizeBytes, device: null };
        all.set(mark, disk);
        return provided(disk);
      });
    },
    async attach({ mark, machineId }, signal) {
      await taken(signal);
      if (!(await hasMachine(machineId))) throw new MemoirError('NOT_FOUND', `the demo has no machine ${machineId}`);
      return disks.change((all, nextDiskseq) => {
        const disk = existing(all, mark);
        if (disk.device !== null && disk.device.machineId !== machineId)
          throw new MemoirError('VOLUME_IN_USE', `the volume is attached to machine ${disk.device.machineId}`);
        if (disk.device !== null) return provided(disk);
        const attached = { ...disk, device: { machineId, name: freeName(all), diskseq: nextDiskseq() } };
        all.set(mark, attached);
        return provided(attached);
      });
    },
    async detach({ mark, machineId }, signal) {
      await taken(signal);
      return disks.change((all) => {
        const disk = existing(all, mark);
        if (disk.device?.machineId !== machineId) return provided(disk);
        const detached = { ...disk, device: null };
        all.set(mark, detached);
        return provided(detached);
      });
    },
    async delete(mark, signal) {
      await taken(signal);
      await disks.change((all) => {
        if (all.get(mark)?.device) throw new MemoirError('VOLUME_IN_USE', 'the volume is attached');
        all.delete(mark);
      });
    },
    async resize(mark, sizeBytes, signal) {
      await taken(signal);
      return disks.change((all) => {
        const disk = existing(all, mark);
        if (sizeBytes < disk.sizeBytes)
          throw new MemoirError('BAD_INPUT', `the volume has ${disk.sizeBytes} bytes and cannot shrink`);
        const resized = { ...disk, sizeBytes };
        all.set(mark, resized);
        return provided(resized);
      });
    },
    async describe(mark, signal) {
      signal.throwIfAborted();
      const disk = (await disks.all()).find((one) => one.mark === mark);
      return disk === undefined ? null : provided(disk);
    },
    async list(signal) {
      signal.throwIfAborted();
      return (await disks.all()).map(provided);
    },
    isHere: () => true,
    close: async () => undefined,
  };
}

/** The first letter that no device has, as the kernel gives names: a name says nothing of what is behind it. */
function freeName(all: ReadonlyMap<string, DemoDisk>): string {
  const taken = new Set([...all.values()].map(({ device }) => device?.name));
  const letters = 'bcdefghijklmnopqrstuvwxyz';
  const letter = [...letters].find((one) => !taken.has(`vd${one}`));
  if (letter === undefined) throw new MemoirError('LIMIT_EXCEEDED', `the demo has ${letters.length} devices at most`);
  return `vd${letter}`;
}
