import { setTimeout as sleep } from 'node:timers/promises';
import { isMemoirError, MemoirError } from '../domain/memoir-error.ts';
import type { VolumeCatalogue } from './catalogue.ts';
import type { BlockDevice, DeviceChange } from './devices/block-device.ts';
import type { BlockDevices } from './devices/block-devices.ts';
import { serialMatches } from './serial.ts';
import { type PinnedDevice, verified } from './verified.ts';
import type { Volume } from './volume.ts';

export interface DeviceFinderOptions {
  readonly devices: BlockDevices;
  readonly catalogue: VolumeCatalogue;
  /** Whether devices of this machine are this host's. */
  readonly isHere: (machineId: string) => boolean;
  /** How long a device has to appear, or to leave. */
  readonly timeoutMs?: number;
}

/** The devices of this host as they concern volumes. Every answer is read from the devices, now. */
export interface DeviceFinder {
  /** The volume's device, if it is the one that was verified before; else a refusal. */
  verified(volume: Volume): Promise<BlockDevice>;
  /** The same without regard to what was verified before: for an attachment's first device, and to begin anew. */
  identified(volume: Volume): Promise<BlockDevice>;
  /** Waits until `identified` has an answer. Rejects with its last refusal. */
  appeared(volume: Volume, signal: AbortSignal): Promise<BlockDevice>;
  /** Waits until no device shows the volume's serial, or is the one that it had. DEVICE_CHANGED where one stays. */
  left(volume: Volume, signal: AbortSignal): Promise<void>;
  /** Before it is taken away: flushed, and used by nothing on this host; else VOLUME_IN_USE. Without a certain device there is nothing to do. */
  release(volume: Volume, signal: AbortSignal): Promise<void>;
  /** Calls with each device that has gone, until the returned function is called. */
  onGone(listener: (device: BlockDevice) => void): () => void;
  /** The devices that are left over from an earlier attachment of it. */
  leftOver(volume: Volume): Promise<readonly BlockDevice[]>;
  /** The highest `diskseq` that there is; null where this kernel has none. */
  newestDiskseq(): Promise<number | null>;
  /** This start of the host: what `diskseq`s are of. */
  readonly boot: string | null;
  /** How many of each were seen. */
  readonly changes: Readonly<Record<DeviceChange['type'], number>>;
}

/** How long is waited for a change before the devices are read all the same. */
const lookAgainMs = 500;

export function createDeviceFinder({
  devices,
  catalogue,
  isHere,
  timeoutMs = 15_000,
}: DeviceFinderOptions): DeviceFinder {
  const changes = { APPEARED: 0, CHANGED: 0, GONE: 0 };
  // Ends with the devices themselves, which are the caller's to close.
  devices.watch(({ type }) => {
    changes[type] += 1;
  });

  async function find(volume: Volume, pinned: PinnedDevice | null): Promise<BlockDevice> {
    const others = (await catalogue.list()).filter(({ id }) => id !== volume.id);
    const attached = others.filter(({ attachment }) => attachment !== null && isHere(attachment.machineId));
    const expected = {
      name: volume.name,
      serial: volume.serial,
      sizeBytes: volume.sizeBytes,
      boot: devices.boot,
      pinned,
      otherSerials: others.flatMap(({ serial }) => serial ?? []),
      newerThan: volume.attachment?.boot === devices.boot ? volume.attachment.newerThan : null,
      others: attached.map(({ name, sizeBytes, device }) => ({ name, sizeBytes, pinned: device })),
    };
    return verified(expected, await devices.scan());
  }
  async function leftOver({ serial, device }: Volume): Promise<readonly BlockDevice[]> {
    return (await devices.scan()).filter((one) =>
      serial === null
        ? device !== null && device.diskseq !== null && device.boot === devices.boot && one.diskseq === device.diskseq
        : one.serial !== null && serialMatches(one.serial, serial),
    );
  }

  /** Tries again with every change, and now and then without one: events may be lost. */
  async function until<T>(signal: AbortSignal, attempt: () => Promise<T | Refusal>): Promise<T> {
    const endsAtMs = performance.now() + timeoutMs;
    for (;;) {
      signal.throwIfAborted();
      const changed = Promise.withResolvers<void>();
      const stop = devices.watch(() => changed.resolve());
      const pause = new AbortController();
      try {
        const found = await attempt();
        if (!(found instanceof Refusal)) return found;
        if (performance.now() >= endsAtMs) throw found.error;
        const waiting = sleep(Math.min(lookAgainMs, timeoutMs), undefined, {
          signal: AbortSignal.any([signal, pause.signal]),
        }).catch(() => undefined);
        await Promise.race([changed.promise, waiting]);
      } finally {
        stop();
        pause.abort();
      }
    }
  }

  return {
    get boot() {
      return devices.boot;
    },
    async verified(volume) {
      if (volume.device === null)
        throw new MemoirError('DEVICE_MISSING', `volume ${volume.name} has no device on this host`);
      return find(volume, volume.device);
    },
    identified: (volume) => find(volume, null),
    appeared: (volume, signal) =>
      until(signal, () =>
        find(volume, null).catch((error: unknown) => {
          if (isMemoirError(error)) return new Refusal(error);
          throw error;
        }),
      ),
    async release(volume, signal) {
      if (volume.device === null) return;
      const device = await find(volume, volume.device).catch((error: unknown) => {
        // It is detached by the provider's own mark of it; only what is certain is touched here.
        if (isMemoirError(error)) return null;
        throw error;
      });
      if (device !== null) await devices.release(device, signal);
    },
    onGone: (listener) => devices.watch((change) => change.type === 'GONE' && listener(change.device)),
    left: (volume, signal) =>
      until(signal, async () => {
        const [device] = await leftOver(volume);
        if (device === undefined) return;
        const text = `${device.path} is still there, though volume ${volume.name} was detached`;
        return new Refusal(new MemoirError('DEVICE_CHANGED', text));
      }),
    leftOver,
    changes,
    async newestDiskseq() {
      const there = await devices.scan();
      const seqs = there.flatMap(({ diskseq }) => diskseq ?? []);
      // Where there is no device at all, whatever comes is newer.
      return there.length > 0 && seqs.length === 0 ? null : Math.max(0, ...seqs);
    },
  };
}

/** Not yet; and why, if it stays so. */
class Refusal {
  readonly error: MemoirError;
  constructor(error: MemoirError) {
    this.error = error;
  }
}
