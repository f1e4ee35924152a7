import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { guestKernel } from './generation.ts';
import type { GuestProgram } from './initramfs.ts';

/** What every guest's /init starts with. */
export const mounts = `#!/bin/sh
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs -o size=90% none /tmp
`;

export interface IdleOptions {
  /** How much of its memory it fills with noise first. */
  readonly noiseMiB?: number;
  /** Modules of the kernel that it loads first, without `.ko`: `qemu_fw_cfg` fills in what `<vmcoreinfo/>` asks for. */
  readonly modules?: readonly string[];
}

/** A guest that says READY and sleeps. */
export function idle({ noiseMiB = 0, modules = [] }: IdleOptions = {}): GuestProgram {
  const noise = noiseMiB > 0 ? [`dd if=/dev/urandom of=/tmp/noise bs=1M count=${noiseMiB} 2>/dev/null`] : [];
  const loads = modules.map((name) => `insmod /${name}.ko`);
  return {
    init: `${[mounts, ...loads, ...noise].join('\n')}\necho READY\nwhile :; do sleep 3600; done\n`,
    files: Object.fromEntries(modules.map((name) => [`${name}.ko`, kernelModule(name)])),
  };
}

/** In the order in which they need each other. */
const diskModules = [
  'virtio_ring',
  'virtio',
  'virtio_pci_legacy_dev',
  'virtio_pci_modern_dev',
  'virtio_pci',
  'virtio_blk',
];

/**
 * A guest with a driver for virtio disks: it writes `DISKS` and, for each, ` serial=sectors` to its console whenever they change. One that
 * comes or goes while it is read is left out.
 */
export function diskWatcher(): GuestProgram {
  const loads = diskModules.map((name) => `insmod /${name}.ko`);
  const watch = `echo READY
last=none
while :; do
  now=
  for disk in /sys/block/vd*; do
    serial=$(cat $disk/serial 2>/dev/null) && size=$(cat $disk/size 2>/dev/null) && now="$now $serial=$size"
  done
  [ "$now" = "$last" ] || echo "DISKS$now."
  last=$now
  sleep 0.1
done
`;
  return {
    init: `${[mounts, ...loads].join('\n')}\n${watch}`,
    files: Object.fromEntries(diskModules.map((name) => [`${name}.ko`, kernelModule(name)])),
  };
}

function kernelModule(name: string): Uint8Array {
  const folder = join(dirname(guestKernel), 'lib', 'modules');
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(`/${name}.ko`));
  if (!found) throw new Error(`the guest's kernel has no module ${name}`);
  return readFileSync(join(folder, found));
}
