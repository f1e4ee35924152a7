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

function kernelModule(name: string): Uint8Array {
  const folder = join(dirname(guestKernel), 'lib', 'modules');
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(`/${name}.ko`));
  if (!found) throw new Error(`the guest's kernel has no module ${name}`);
  return readFileSync(join(folder, found));
}
