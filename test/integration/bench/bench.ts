import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accepts, createDaemon, type Daemon } from './daemon.ts';
import { emulator } from './domain-xml.ts';
import { cacheFolder, type Generation, guestKernel, systemRoot } from './generation.ts';
import { type Guest, type GuestOptions, startGuest } from './guest.ts';
import { type Namespace, openNamespace } from './namespace.ts';

const run = promisify(execFile);

/**
 * A libvirt of one test's own: virtlogd and libvirtd in a private mount namespace, guests under software emulation. Any
 * number of benches run side by side. `close()` ends every process and removes every file; the death of the test does too.
 */
export interface Bench extends AsyncDisposable {
  readonly generation: Generation;
  /** The bench's folder: root's, and QEMU's group may pass through. Holds run/, lib/, log/, cache/, etc/ of libvirt. */
  readonly folder: string;
  /** A folder for what the test and QEMU share, sockets and FIFOs: QEMU may pass through, what is in it must let it in. */
  readonly exchange: string;
  readonly socketPath: string;
  /** The daemon for this machine's libvirt clients: `qemu+unix:///system?socket=…`. */
  readonly uri: string;
  readonly libvirtd: Daemon;
  readonly virtlogd: Daemon;
  /** The user and group that QEMU runs as. */
  readonly qemu: { readonly user: number; readonly group: number };
  /** Where a command runs if it must see libvirt's default paths: sshd for qemu+ssh, or Memoir itself. */
  readonly namespace: Namespace;
  /** Runs this machine's virsh against the bench and returns what it printed. */
  virsh(...args: string[]): Promise<string>;
  startGuest(options: GuestOptions): Promise<Guest>;
  close(): Promise<void>;
}

export interface BenchOptions {
  readonly generation?: Generation;
  /** Lines added to libvirtd.conf (TLS, limits). */
  readonly libvirtdConf?: string;
  /** Lines added to qemu.conf. */
  readonly qemuConf?: string;
  /** Arguments added to libvirtd's (`--listen`). */
  readonly libvirtdArgs?: readonly string[];
}

/** Starts a bench. Needs what `lacksBench()` of generation.ts probes. */
export async function startBench(options: BenchOptions = {}): Promise<Bench> {
  const { generation = 'new' } = options;
  permitUserfaultfd();
  const qemu = { user: await idOf('passwd'), group: await idOf('group') };
  const folder = await mkdtemp(join(tmpdir(), 'memoir-bench-'));
  await furnish(folder, qemu.group, options);
  const namespace = await openNamespace(folder, systemRoot(generation));
  try {
    const socketPath = join(folder, 'run', 'libvirt-sock');
    const uri = `qemu+unix:///system?socket=${socketPath}`;
    const virsh = async (...args: string[]): Promise<string> =>
      (await run('virsh', ['-q', '-c', uri, ...args], { maxBuffer: 64 << 20 })).stdout.trimEnd();
    const daemon = (name: string, answers: () => Promise<boolean>, args: readonly string[] = []): Daemon =>
      createDaemon(namespace, {
        argv: [`/usr/sbin/${name}`, '--pid-file', join(folder, 'run', `${name}.pid`), ...args],
        answers,
        logPath: join(folder, `${name}.log`),
      });
    // Without virtlogd the start of a guest hangs for a minute and fails.
    const virtlogd = daemon('virtlogd', () => accepts(join(folder, 'run', 'virtlogd-sock')));
    // libvirtd accepts connections long before it serves them: it answers when a call comes back.
    const served = (): Promise<boolean> =>
      virsh('list').then(
        () => true,
        () => false,
      );
    const libvirtd = daemon('libvirtd', served, options.libvirtdArgs);
    await virtlogd.start();
    await recallCapabilities(folder, generation);
    await libvirtd.start();
    await virsh('domcapabilities', '--virttype', 'qemu', '--emulatorbin', emulator);
    await keepCapabilities(folder, generation);

    const bench: Bench = {
      generation,
      folder,
      exchange: join(folder, 'exchange'),
      socketPath,
      uri,
      libvirtd,
      virtlogd,
      qemu,
      namespace,
      virsh,
      startGuest: (guest) => startGuest(bench, guest),
      close: () => namespace.close(),
      [Symbol.asyncDispose]: () => namespace.close(),
    };
    return bench;
  } catch (error) {
    await namespace.close();
    throw error;
  }
}

async function furnish(folder: string, qemuGroup: number, options: BenchOptions): Promise<void> {
  for (const name of ['run', 'lib', 'log', 'cache', 'etc']) await mkdir(join(folder, name), { mode: 0o711 });
  await chown(folder, 0, qemuGroup);
  await chmod(folder, 0o710);
  for (const name of ['exchange', 'boot', 'guests']) {
    await mkdir(join(folder, name));
    await chown(join(folder, name), 0, qemuGroup);
    await chmod(join(folder, name), 0o710);
  }
  // A copy: libvirt gives a guest's files to QEMU's user and back, which benches that run side by side must not share.
  await copyFile(guestKernel, join(folder, 'boot', 'vmlinuz'));
  const etc = (name: string, lines: readonly (string | undefined)[]): Promise<void> =>
    writeFile(join(folder, 'etc', name), `${lines.filter(Boolean).join('\n')}\n`, { mode: 0o600 });
  // There is no policy daemon here to ask, and root alone reaches the folder.
  await etc('libvirtd.conf', [
    'auth_unix_ro = "none"',
    'auth_unix_rw = "none"',
    'log_outputs = "3:stderr"',
    options.libvirtdConf,
  ]);
  // Benches share this machine's control groups, and need none. A private /dev for each guest does not go together with the
  // file over /dev/kvm (supervisor.sh): libvirt would remove the device itself.
  await etc('qemu.conf', ['cgroup_controllers = []', 'namespaces = []', options.qemuConf]);
  // Never cut a guest's console.
  await etc('virtlogd.conf', ['max_size = 0', 'log_outputs = "3:stderr"']);
}

/** QEMU here is no root, and a background snapshot needs full userfaultfd (faults in the kernel too). */
function permitUserfaultfd(): void {
  const knob = '/proc/sys/vm/unprivileged_userfaultfd';
  if (existsSync(knob) && readFileSync(knob, 'utf8').trim() === '0') writeFileSync(knob, '1');
}

/** The number of QEMU's user or group: the third field of both tables. */
async function idOf(table: 'passwd' | 'group'): Promise<number> {
  return Number((await run('getent', [table, 'libvirt-qemu'])).stdout.split(':')[2]);
}

/** libvirtd asks each QEMU binary what it can and keeps the answers; it judges by itself whether they are stale. */
const capabilities = (folder: string): string => join(folder, 'cache', 'qemu', 'capabilities');
const kept = (generation: Generation): string => join(cacheFolder, `capabilities-tcg-${generation}`);

async function recallCapabilities(folder: string, generation: Generation): Promise<void> {
  if (!existsSync(kept(generation))) return;
  await mkdir(capabilities(folder), { recursive: true });
  for (const name of await readdir(kept(generation)))
    if (name.endsWith('.xml')) await copyFile(join(kept(generation), name), join(capabilities(folder), name));
}

async function keepCapabilities(folder: string, generation: Generation): Promise<void> {
  await mkdir(kept(generation), { recursive: true });
  for (const name of await readdir(capabilities(folder))) {
    const partial = join(kept(generation), `${name}.${process.pid}`);
    await copyFile(join(capabilities(folder), name), partial);
    await rename(partial, join(kept(generation), name));
  }
}
