import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

/** What /proc says of a process (proc(5)). */
export interface ProcessFacts {
  readonly pid: number;
  /** Changes with the process, also when the pid comes again: the boot, the pid, and the tick at which it started. */
  readonly identity: string;
  /** The tick at which it started. */
  readonly startTick: string;
  /** R, S, D, T (stopped) and so on. */
  readonly state: string;
  readonly frozen: boolean;
  /** Whether SIGUSR1 has a handler, is blocked, or is ignored. */
  readonly signal: 'CAUGHT' | 'BLOCKED' | 'IGNORED' | 'DEADLY';
  readonly command: string;
  readonly script: string | null;
}

const sigusr1Bit = 1n << 9n;

/** What /proc holds of one process, as text. */
export interface ProcessTexts {
  readonly pid: number;
  readonly stat: string;
  readonly status: string;
  readonly commandLine: string;
  /** Of this start of the machine. */
  readonly boot: string;
}

/** A container's own paths of cgroups are not those of the machine, so only this machine's processes are asked whether they are frozen. */
export function parseProcess({ pid, stat, status, commandLine, boot }: ProcessTexts, frozen: boolean): ProcessFacts {
  // The name in parentheses may hold anything, parentheses too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const words = commandLine.split('\0').slice(0, 64);
  const script =
    words.slice(1).find((word) => /\.[cm]?[jt]s$|^[./].*[^/]$/.test(word) && !word.startsWith('-')) ?? null;
  return {
    pid,
    identity: `${boot.trim()}:${pid}:${fields[19]}`,
    startTick: fields[19] ?? '',
    state: fields[0] ?? '',
    frozen,
    signal: signalOf(status),
    command: [basename(words[0] ?? ''), script === null ? '' : basename(script)].join(' ').trim().slice(0, 200),
    script,
  };
}

/** Null if there is no such process, or none that may be looked at. */
export async function readProcess(pid: number): Promise<ProcessFacts | null> {
  try {
    const [stat, status, commandLine, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'latin1'),
      readFile(`/proc/${pid}/status`, 'latin1'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'latin1'),
    ]);
    return parseProcess({ pid, stat, status, commandLine, boot }, await isFrozen(pid));
  } catch {
    return null;
  }
}

/** Whether one of its cgroups holds it (`docker pause`): it then answers nobody, and no signal reaches it. */
async function isFrozen(pid: number): Promise<boolean> {
  const first = await readFirst(`/proc/${pid}/cgroup`);
  for (const line of first.split('\n')) {
    const [number, controllers = '', ...rest] = line.split(':');
    const path = rest.join(':');
    if (controllers === 'freezer') {
      if (/FROZEN|FREEZING/.test(await readFirst(`/sys/fs/cgroup/freezer${path}/freezer.state`))) return true;
    } else if (number === '0') {
      if (/^frozen 1$/m.test(await readFirst(`/sys/fs/cgroup${path}/cgroup.events`))) return true;
    }
  }
  return false;
}

const readFirst = (path: string): Promise<string> => readFile(path, 'latin1').catch(() => '');

function signalOf(status: string): ProcessFacts['signal'] {
  const mask = (name: string): bigint =>
    BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1] ?? '0'}`);
  if ((mask('SigBlk') & sigusr1Bit) !== 0n) return 'BLOCKED';
  if ((mask('SigIgn') & sigusr1Bit) !== 0n) return 'IGNORED';
  return (mask('SigCgt') & sigusr1Bit) !== 0n ? 'CAUGHT' : 'DEADLY';
}

/** TCP ports on which this very process listens and that can be its inspector. */
export async function listeningPorts(pid: number): Promise<number[]> {
  const sockets = new Set<string>();
  for (const descriptor of await readdir(`/proc/${pid}/fd`)) {
    const link = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    if (inode !== undefined) sockets.add(inode);
  }
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readFirst(`/proc/${pid}/net/${table}`)));
  return portsOf(sockets, tables.join('\n'));
}

/** Ports on which one of these sockets listens (inodes) by the kernel's tables, and that can be an inspector's. */
export function portsOf(sockets: ReadonlySet<string>, tables: string): number[] {
  const ports: number[] = [];
  for (const line of tables.split('\n')) {
    // "0: 0100007F:240D 00000000:0000 0A …": local address, remote address, state; LISTEN is 0A. The tenth word is the inode.
    const words = line.trim().split(/\s+/);
    const [address = '', port = ''] = (words[1] ?? '').split(':');
    // A service's own port is not to be asked: the inspector is on loopback, or where everybody expects it.
    const reachable = address === '0100007F' || (/^0+$/.test(address) && port === '240D');
    if (words[3] === '0A' && reachable && sockets.has(words[9] ?? '')) ports.push(Number.parseInt(port, 16));
  }
  return [...new Set(ports)];
}

/** All processes, as numbers. */
export async function allProcesses(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Whether it shares this process's network, so that 127.0.0.1 is the same for both; null if that cannot be told. */
export async function sharesNetwork(pid: number): Promise<boolean | null> {
  const [theirs, ours] = await Promise.all(
    [`/proc/${pid}/ns/net`, '/proc/self/ns/net'].map((link) => readlink(link).catch(() => null)),
  );
  return theirs === null || ours === null ? null : theirs === ours;
}
