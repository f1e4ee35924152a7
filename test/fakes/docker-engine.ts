import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { leakingProgram } from './leaking-service.ts';

/** A Docker engine of the tests' own, on a socket and in folders of its own, without networks. */
export interface TestEngine {
  readonly socket: string;
  docker(...args: string[]): string;
  /** Runs a service of an image, which answers on its standard output what is said to its standard input. */
  run(name: string, image: string, flags: readonly string[], command: readonly string[]): Promise<ContainedService>;
  close(): Promise<void>;
}

export interface ContainedService {
  /** Resolves when its container has ended and is removed. */
  readonly gone: Promise<unknown>;
  say(line: string): Promise<string>;
}

/** Images that are made here: `memoir-distroless` has Node.js outside of the PATH and no shell; `memoir-shell` has busybox too. */
export async function startDockerEngine(): Promise<TestEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'memoir-docker-'));
  const socket = join(folder, 'docker.sock');
  const engine = spawn(
    'dockerd',
    [
      ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs', '-H', `unix://${socket}`],
      ...[
        '--data-root',
        join(folder, 'data'),
        '--exec-root',
        join(folder, 'exec'),
        '--pidfile',
        join(folder, 'docker.pid'),
      ],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  engine.stderr.on('data', (text) => {
    log = (log + text).slice(-5000);
  });
  const exited = once(engine, 'exit');
  const docker = (...args: string[]): string =>
    execFileSync('docker', ['-H', `unix://${socket}`, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  const close = async () => {
    try {
      const ids = docker('ps', '-aq').split('\n').filter(Boolean);
      if (ids.length > 0) docker('rm', '-f', ...ids);
    } catch {}
    engine.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await listening(socket, exited, () => log);
    makeImages(folder, docker);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    socket,
    docker,
    async run(name, image, flags, command) {
      const args = [
        '-H',
        `unix://${socket}`,
        'run',
        '--rm',
        '-i',
        '--name',
        name,
        '--network',
        'none',
        ...flags,
        image,
        ...command,
      ];
      const child = spawn('docker', args, { stdio: ['pipe', 'pipe', 'pipe'] });
      let complaint = '';
      child.stderr.on('data', (text) => {
        complaint += text;
      });
      const lines = createInterface({ input: child.stdout });
      const ended = once(child, 'exit');
      const gone = ended.then(() => {
        throw new Error(`the container ${name} ended: ${complaint}`);
      });
      gone.catch(() => undefined);
      const service = {
        gone: ended,
        async say(line: string) {
          const answered = once(lines, 'line');
          child.stdin.write(`${line}\n`);
          return String((await Promise.race([answered, gone]))[0]);
        },
      };
      await service.say('0');
      return service;
    },
    close,
  };
}

async function listening(socket: string, exited: Promise<unknown>, log: () => string): Promise<void> {
  let over = false;
  void exited.then(() => {
    over = true;
  });
  for (;;) {
    const connected = await new Promise<boolean>((resolve) => {
      const connection = createConnection(socket, () => resolve(true));
      connection.on('error', () => resolve(false));
      connection.on('close', () => resolve(false));
      connection.on('connect', () => connection.destroy());
    });
    if (connected) return;
    if (over) throw new Error(`dockerd ended: ${log()}`);
    await sleep(50);
  }
}

function makeImages(folder: string, docker: (...args: string[]) => string): void {
  const root = join(folder, 'rootfs');
  const place = (from: string, to: string) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    cpSync(from, join(root, to));
  };
  place(process.execPath, 'nodejs/bin/node');
  for (const [, path] of execFileSync('ldd', [process.execPath])
    .toString()
    .matchAll(/(\/\S+) \(0x/g)) {
    place(realpathSync(path as string), path as string);
  }
  for (const name of ['proc', 'sys', 'dev', 'tmp', 'etc', 'app']) mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, 'app/leaky.cjs'), leakingProgram);
  const image = (name: string) => {
    execFileSync('tar', ['-C', root, '-cf', join(folder, 'image.tar'), '.']);
    docker('import', join(folder, 'image.tar'), name);
    rmSync(join(folder, 'image.tar'));
  };
  image('memoir-distroless');
  place('/usr/bin/busybox', 'bin/sh');
  image('memoir-shell');
  rmSync(root, { recursive: true });
}
