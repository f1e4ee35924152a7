import { readFileSync } from 'node:fs';
import type { BlockDevice, DeviceChange } from './block-device.ts';
import type { BlockDevices } from './block-devices.ts';
import { deviceDifferences } from './device-differences.ts';
import { releaseDevice } from './release-device.ts';
import { readDevices, type SysfsPlaces } from './sysfs.ts';
import { startUdevMonitor, type UdevMonitorOptions } from './udev-monitor.ts';

export interface KernelDevicesOptions extends SysfsPlaces {
  /** How often /sys/block is read without an event: a lost one heals within two seconds, the reading included. */
  readonly pollMs?: number;
  /** How long is waited for more events before it is read: one attachment brings a burst of them. */
  readonly debounceMs?: number;
  /** Null: no events, polling alone. */
  readonly monitor?: UdevMonitorOptions | null;
  /** Where the kernel says which start of it this is (Documentation/admin-guide/sysctl/kernel.rst, random). */
  readonly bootId?: string;
  readonly onListenerError?: (error: unknown) => void;
}

/** The kernel's devices: its events say when to look, /sys/block says what is there, and a poll finds what no event told. */
export function createKernelDevices(options: KernelDevicesOptions = {}): BlockDevices {
  const { pollMs = 1_500, debounceMs = 20, onListenerError = () => undefined } = options;
  const listeners = new Set<{ readonly listener: (change: DeviceChange) => void }>();
  let known: ReadonlyMap<string, BlockDevice> | undefined;
  let closed = false;
  let debounce: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** One reading after the other, so that differences are told in order. */
  function scan(): Promise<readonly BlockDevice[]> {
    const done = turn.then(async () => {
      const devices = await readDevices(options);
      const now = new Map(devices.map((device) => [device.name, device]));
      const changes = known === undefined ? [] : deviceDifferences(known, now);
      known = now;
      for (const change of changes) tell(change);
      return devices;
    });
    turn = done.catch(() => undefined);
    return done;
  }
  function tell(change: DeviceChange): void {
    for (const { listener } of [...listeners]) {
      try {
        listener(change);
      } catch (error) {
        onListenerError(error);
      }
    }
  }
  const look = (): void => void scan().catch(() => undefined);

  const monitor =
    options.monitor === null
      ? undefined
      : startUdevMonitor(() => {
          debounce ??= setTimeout(() => {
            debounce = undefined;
            if (!closed) look();
          }, debounceMs).unref();
        }, options.monitor);
  const poll = setInterval(look, pollMs).unref();
  look();

  return {
    boot: readBoot(options.bootId ?? '/proc/sys/kernel/random/boot_id'),
    scan,
    release: (device, signal) => releaseDevice(device, options, signal),
    watch(listener) {
      const mine = { listener };
      listeners.add(mine);
      return () => void listeners.delete(mine);
    },
    async close() {
      closed = true;
      clearInterval(poll);
      clearTimeout(debounce);
      await monitor?.close();
      await turn;
      listeners.clear();
    },
  };
}

function readBoot(path: string): string | null {
  try {
    return readFileSync(path, 'latin1').trim() || null;
  } catch {
    return null;
  }
}
