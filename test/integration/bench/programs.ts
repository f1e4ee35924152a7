import type { GuestProgram } from './initramfs.ts';

/** What every guest's /init starts with. */
export const mounts = `#!/bin/sh
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs -o size=90% none /tmp
`;

/** A guest that says READY and sleeps, after it filled `noiseMiB` of its memory with noise. */
export function idle({ noiseMiB = 0 }: { noiseMiB?: number } = {}): GuestProgram {
  const noise = noiseMiB > 0 ? `dd if=/dev/urandom of=/tmp/noise bs=1M count=${noiseMiB} 2>/dev/null\n` : '';
  return { init: `${mounts}${noise}echo READY\nwhile :; do sleep 3600; done\n` };
}
