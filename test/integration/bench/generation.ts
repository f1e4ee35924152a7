import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { lacks } from '../../system.ts';

/** Which pair of libvirt and QEMU: `new` is installed (11.3 and 10.0), `old` is Debian 12's own (9.0 and 7.2), unpacked. */
export type Generation = 'new' | 'old';

/** Where scripts/install-system-deps.sh and scripts/install-old-generation.sh unpack: the same rule as theirs. */
export const cacheFolder =
  process.env.MEMOIR_BENCH_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'memoir-bench');

/** The kernel that guests boot. */
export const guestKernel = join(cacheFolder, 'kernel', 'vmlinuz');

/** The root folder of the system whose daemons and QEMU run; undefined for this machine's own. */
export function systemRoot(generation: Generation): string | undefined {
  return generation === 'old' ? join(cacheFolder, 'old-generation') : undefined;
}

/**
 * Whether a test that needs the bench is skipped here: like `lacks`, with what no command shows: root's rights, and the
 * guest's kernel. With REQUIRE_SYSTEM=1 what is missing is an error.
 */
export function lacksBench(): boolean {
  if (lacks('libvirtd', 'virsh', 'qemu-system-x86_64', 'busybox')) return true;
  let reason: string | undefined;
  if (process.getuid?.() !== 0) reason = 'the bench needs root: it makes a mount namespace';
  else if (!existsSync('/usr/bin/gcc')) reason = 'gcc is missing (package gcc): it makes what guests run';
  else if (!existsSync(guestKernel)) reason = `no guest kernel at ${guestKernel} (scripts/install-system-deps.sh)`;
  if (reason === undefined) return false;
  if (process.env.REQUIRE_SYSTEM === '1') throw new Error(`REQUIRE_SYSTEM=1, but ${reason}`);
  return true;
}

/** Whether tests of the old generation are skipped: they run only if BENCH_OLD=1 asks for them, and then must be able to. */
export function lacksOldGeneration(): boolean {
  if (process.env.BENCH_OLD !== '1' || lacksBench()) return true;
  const daemon = join(systemRoot('old') as string, 'usr/sbin/libvirtd');
  if (!existsSync(daemon))
    throw new Error(`BENCH_OLD=1, but there is no ${daemon} (scripts/install-old-generation.sh)`);
  return false;
}
