import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';

/** The real components that a test may need: what is probed for each, and the Debian packages that bring it. */
const components = {
  libvirtd: 'libvirt-daemon-system',
  virsh: 'libvirt-clients',
  'qemu-system-x86_64': 'qemu-system-x86',
  chromium: 'chromium',
  zstd: 'zstd',
  readelf: 'binutils',
  gdb: 'gdb',
  strace: 'strace',
  busybox: 'busybox-static',
  sshd: 'openssh-server',
  'virt-ssh-helper': 'libvirt-clients',
  influxd: 'influxdb',
  dockerd: 'docker.io',
  docker: 'docker.io',
  'qemu-storage-daemon': 'qemu-utils',
  'qemu-img': 'qemu-utils',
  'qemu-io': 'qemu-utils',
  nbdinfo: 'libnbd-bin',
  nbdcopy: 'libnbd-bin',
  'systemd-analyze': 'systemd',
  curl: 'curl',
  jq: 'jq',
  'dpkg-deb': 'dpkg',
  unshare: 'util-linux',
  zsh: 'zsh',
  fish: 'fish',
  python3: 'python3',
  java: 'openjdk-17-jdk-headless',
  openssl: 'openssl',
} as const;

export type Component = keyof typeof components;

function onPath(command: string): boolean {
  if (process.env.WITHOUT_SYSTEM === '1') return false;
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(`${folder}/${command}`));
}

/** The components of `wanted` that this machine lacks, each with the package that has it: the reason a test is skipped. */
export function missing(...wanted: Component[]): string[] {
  return wanted.filter((name) => !onPath(name)).map((name) => `${name} (package ${components[name]})`);
}

/**
 * Whether a test that needs `wanted` is skipped here. A skipped test is named by its runner; with REQUIRE_SYSTEM=1 nothing
 * is skipped: a missing component is an error instead. WITHOUT_SYSTEM=1 is a machine that has none of them.
 */
export function lacks(...wanted: Component[]): boolean {
  const absent = missing(...wanted);
  if (absent.length === 0) return false;
  if (process.env.REQUIRE_SYSTEM === '1')
    throw new Error(`REQUIRE_SYSTEM=1, but these are missing: ${absent.join(', ')}`);
  return true;
}
