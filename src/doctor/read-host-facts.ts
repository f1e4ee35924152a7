import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { promisify } from 'node:util';
import type { FolderFacts, HostFacts } from './host-facts.ts';

export interface HostQuestions {
  readonly dataDir: string;
  readonly dumpDir: string;
  readonly heapDir: string;
  readonly host: string;
  readonly port: number;
  readonly dockerSocket: string | null;
  readonly libvirtUri: string | null;
  /** Whether a server of ours answers on that port. */
  readonly answers: boolean;
  readonly clockOffsetMs: number | null;
  /** Asks libvirt; resolves with the address that answers, rejects with the reason. */
  libvirt(): Promise<string>;
}

const patienceMs = 3_000;
const sockets = ['/var/run/docker.sock', '/run/podman/podman.sock'];

/** Asks this machine, changing nothing. What cannot be asked is null; nothing of it takes longer than a few seconds. */
export async function readHostFacts(asked: HostQuestions): Promise<HostFacts> {
  const [
    libvirt,
    userfaultfd,
    qemuUsers,
    security,
    ptraceScope,
    cgroupFreeBytes,
    clockSynchronised,
    docker,
    port,
    unit,
  ] = await Promise.all([
    askLibvirt(asked),
    readUserfaultfd(),
    readQemuUsers(),
    readSecurity(),
    readNumber('/proc/sys/kernel/yama/ptrace_scope'),
    readCgroup(),
    readClock(),
    askDocker(asked.dockerSocket),
    askPort(asked),
    readUnit(),
  ]);
  const { dataDir, dumpDir, heapDir } = asked;
  const folders = [
    await readFolder('DATA_DIR', dataDir),
    ...(await Promise.all([readFolder('DUMP_DIR', dumpDir), readFolder('HEAP_DIR', heapDir)])),
  ];
  return {
    // Not userInfo(), which needs a name: in a container the user may have none.
    uid: process.getuid?.() ?? 0,
    umask: process.umask(),
    libvirt,
    isDemo: asked.libvirtUri?.startsWith('demo:') === true,
    userfaultfd,
    qemuUsers,
    security,
    ptraceScope,
    cgroupFreeBytes,
    folders,
    clockSynchronised,
    clockOffsetMs: asked.clockOffsetMs,
    docker,
    port,
    unit,
  };
}

async function askLibvirt({ libvirt, libvirtUri }: HostQuestions): Promise<HostFacts['libvirt']> {
  try {
    return { uri: await libvirt(), reason: null };
  } catch (error) {
    return { uri: libvirtUri, reason: (error as Error).message };
  }
}

const text = async (path: string): Promise<string | null> =>
  (await readFile(path, 'utf8').catch(() => null))?.trim() ?? null;

async function readNumber(path: string): Promise<number | null> {
  const found = await text(path);
  return found === null || !/^\d+$/.test(found) ? null : Number(found);
}

/** The setting is there where the kernel has userfaultfd (Linux 5.2 on). */
async function readUserfaultfd(): Promise<'0' | '1' | null> {
  const found = await text('/proc/sys/vm/unprivileged_userfaultfd');
  return found === '0' || found === '1' ? found : null;
}

/** Users of the QEMUs that run, each once. */
async function readQemuUsers(): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const uids = new Set<string>();
  for (const pid of pids) {
    if (!(await text(`/proc/${pid}/comm`))?.startsWith('qemu-system')) continue;
    const uid = /^Uid:\t(\d+)/m.exec((await text(`/proc/${pid}/status`)) ?? '')?.[1];
    if (uid !== undefined) uids.add(uid);
  }
  const names = new Map(
    ((await text('/etc/passwd')) ?? '').split('\n').map((line) => [line.split(':')[2], line.split(':')[0]]),
  );
  return [...uids].map((uid) => names.get(uid) ?? uid);
}

async function readSecurity(): Promise<HostFacts['security']> {
  const seLinux = await text('/sys/fs/selinux/enforce');
  return {
    appArmor: (await text('/sys/module/apparmor/parameters/enabled')) === 'Y',
    seLinux: seLinux === null ? null : seLinux === '1' ? 'enforcing' : 'permissive',
  };
}

/** cgroup v2: of the limits from here up to the root, the one with the least left. */
async function readCgroup(): Promise<number | null> {
  const own = /^0::(.*)$/m.exec((await text('/proc/self/cgroup')) ?? '')?.[1];
  if (own === undefined) return null;
  let left: number | null = null;
  for (let path = own; path !== '' && path !== '/'; path = path.slice(0, path.lastIndexOf('/'))) {
    const [limit, used] = [
      await readNumber(`/sys/fs/cgroup${path}/memory.max`),
      await readNumber(`/sys/fs/cgroup${path}/memory.current`),
    ];
    if (limit !== null && used !== null) left = Math.min(left ?? Number.POSITIVE_INFINITY, limit - used);
  }
  return left;
}

async function readFolder(name: FolderFacts['name'], path: string): Promise<FolderFacts> {
  const unknown = { mode: null, freeBytes: null, totalBytes: null, freeInodes: null, totalInodes: null };
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error)
    return {
      name,
      path,
      state: found.code === 'ENOENT' ? 'missing' : found.code === 'ENOTDIR' ? 'not-a-folder' : 'denied',
      ...unknown,
    };
  if (!found.isDirectory()) return { name, path, state: 'not-a-folder', ...unknown };
  const refused = await access(path, constants.W_OK).catch((error: NodeJS.ErrnoException) => error);
  const space = await statfs(path).catch(() => null);
  return {
    name,
    path,
    state: refused === undefined ? 'writable' : refused.code === 'EROFS' ? 'read-only' : 'denied',
    mode: found.mode & 0o777,
    freeBytes: space && space.bavail * space.bsize,
    totalBytes: space && space.blocks * space.bsize,
    freeInodes: space?.ffree ?? null,
    totalInodes: space?.files ?? null,
  };
}

/** `adjtimex` says whether the clock is disciplined; timedatectl tells it. */
async function readClock(): Promise<boolean | null> {
  const said = await ask('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  return said === 'yes' ? true : said === 'no' ? false : null;
}

async function askDocker(configured: string | null): Promise<HostFacts['docker']> {
  for (const socket of configured === null ? sockets : [configured]) {
    const isThere = (await stat(socket).catch(() => null)) !== null;
    if (isThere) return { socket, usable: await answers({ path: socket }) };
  }
  return configured === null ? { socket: null, usable: false } : { socket: configured, usable: false };
}

function answers(to: { path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(to);
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(patienceMs, () => end(false));
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

async function askPort({ host, port, answers: isOurs }: HostQuestions): Promise<HostFacts['port']> {
  if (isOurs) return { number: port, state: 'memoir' };
  if (port === 0) return { number: port, state: 'free' };
  const isFree = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
  return { number: port, state: isFree ? 'free' : 'taken' };
}

async function readUnit(): Promise<string | null> {
  if ((await stat('/run/systemd/system').catch(() => null)) === null) return null;
  const said = await ask('systemctl', ['show', 'memoir.service', '--property=LoadState,ActiveState', '--value']);
  const [load, active] = said?.split('\n') ?? [];
  return load === 'loaded' ? (active ?? null) : null;
}

async function ask(command: string, args: string[]): Promise<string | null> {
  try {
    return (await promisify(execFile)(command, args, { timeout: patienceMs })).stdout.trim();
  } catch {
    return null;
  }
}
