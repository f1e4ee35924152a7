import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A private mount namespace in which /run/libvirt, /var/lib/libvirt, /var/log/libvirt, /var/cache/libvirt and /etc/libvirt
 * are folders of one bench. Everything else, paths, process ids and the network, is the machine's.
 */
export interface Namespace {
  /** Starts a command inside, with its own process id. */
  spawn(argv: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Runs a command inside to its end and returns what it printed; throws with its standard error if it failed. */
  run(argv: readonly string[]): Promise<string>;
  /** Kills every process inside, unmounts, removes the bench's folder. Happens by itself when this process dies. */
  close(): Promise<void>;
}

/** Makes the namespace for the bench in `folder`; `system` is the root folder of another system to run in, if any. */
export async function openNamespace(folder: string, system: string | undefined): Promise<Namespace> {
  const supervisor = spawn(
    'unshare',
    [
      '--mount',
      '--propagation=private',
      join(import.meta.dirname, 'supervisor.sh'),
      folder,
      ...(system ? [system] : []),
    ],
    // In a session of its own: a ^C at the test runner's terminal reaches it as the end of its input, not as a signal.
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  );
  const gone = once(supervisor, 'exit');
  const ready = once(createInterface(supervisor.stdout), 'line').then(() => true);
  if (!(await Promise.race([ready, gone.then(() => false)])))
    throw new Error(`the bench's namespace was not made (unshare --mount, exit code ${supervisor.exitCode})`);

  const inside = (argv: readonly string[]): string[] => [
    `--target=${supervisor.pid}`,
    '--mount',
    '--',
    ...(system ? ['chroot', system] : []),
    ...argv,
  ];
  return {
    spawn: (argv, options = {}) => spawn('nsenter', inside(argv), options),
    async run(argv) {
      return (await run('nsenter', inside(argv), { maxBuffer: 64 << 20 })).stdout;
    },
    async close() {
      supervisor.stdin.end();
      await gone;
    },
  };
}
