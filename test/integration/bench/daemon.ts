import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from './namespace.ts';

/** A daemon of the bench. Its guests and its socket's path outlive it, so that its clients can be tried without it. */
export interface Daemon {
  /** Its process id; throws while it is stopped. */
  readonly pid: number;
  /** Starts it and resolves when it answers. */
  start(): Promise<void>;
  /** Ends it in good order (SIGTERM), and by force if it does not end. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it at once (SIGKILL). */
  kill(): Promise<void>;
  /** Stops it from answering (SIGSTOP), until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** What it wrote to its log. */
  log(): Promise<string>;
}

export interface DaemonOptions {
  readonly argv: readonly string[];
  /** Whether it is up; asked again and again after the start, may take its time. */
  answers(): Promise<boolean>;
  readonly logPath: string;
}

/** libvirtd's first start on a machine asks every QEMU what it can: 7 s on an idle machine, a minute on a busy one. */
const startMs = 120_000;
/** libvirtd 11.3 sometimes waits for 30 s for a thread of its own, then ends "forcefully". Tests need not. */
const stopMs = 5_000;

/** A daemon that runs in `namespace`, not yet started. */
export function createDaemon(namespace: Namespace, { argv, answers, logPath }: DaemonOptions): Daemon {
  let child: ChildProcess | undefined;
  const running = (): ChildProcess => {
    if (!child || child.exitCode !== null || child.signalCode !== null) throw new Error(`${argv[0]} is not running`);
    return child;
  };
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const ending = running();
    const gone = once(ending, 'exit');
    ending.kill('SIGCONT');
    ending.kill(signal);
    const force = setTimeout(() => ending.kill('SIGKILL'), stopMs);
    await gone;
    clearTimeout(force);
    child = undefined;
  };
  const daemon: Daemon = {
    get pid() {
      return running().pid as number;
    },
    async start() {
      const log = openSync(logPath, 'a', 0o600);
      const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }; // the same from every shell
      child = namespace.spawn(argv, { stdio: ['ignore', log, log], env });
      closeSync(log);
      const deadline = Date.now() + startMs;
      while (!(await answers())) {
        if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline)
          throw new Error(`${argv[0]} does not respond:\n${await daemon.log()}`);
        await sleep(20);
      }
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async restart() {
      await daemon.stop();
      await daemon.start();
    },
    freeze: () => void running().kill('SIGSTOP'),
    thaw: () => void running().kill('SIGCONT'),
    log: () => readFile(logPath, 'utf8'),
  };
  return daemon;
}

/** Whether someone accepts connections on a unix socket. */
export function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
