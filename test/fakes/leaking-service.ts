import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

/** Keeps a Session for every number on its standard input, and answers how many it has. */
export const leakingProgram = `'use strict';
class Session { constructor(id) { this.id = id; this.user = { name: 'user ' + id, token: Buffer.from('secret-token-' + id).toString() }; } }
class SessionStore { constructor() { this.sessions = new Map(); } add(id) { this.sessions.set(id, new Session(id)); } }
const store = new SessionStore();
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'worker') {
    const source = 'class Job {} globalThis.jobs = Array.from({ length: 500 }, () => new Job()); setInterval(() => 0, 1000);';
    new (require('worker_threads').Worker)(source, { eval: true, name: 'jobs' }).on('online', () => console.log('online'));
    return;
  }
  const more = Number(line);
  for (let at = 0; at < more; at++) store.add(store.sessions.size);
  console.log(String(store.sessions.size));
});
`;

export interface LeakingService {
  /** As this machine counts. */
  readonly pid: number;
  readonly process: ChildProcess;
  /** Resolves with what it answers. */
  say(line: string): Promise<string>;
}

interface ServiceOptions {
  readonly executable?: string;
  readonly flags?: readonly string[];
  readonly name?: string;
  /** In a pid and mount namespace of its own, where it is the first process. */
  readonly isolated?: boolean;
}

/** A Node.js process that was not prepared for anything; ended with the test. */
export async function startLeakingService(options: ServiceOptions = {}): Promise<LeakingService> {
  const { executable = process.execPath, flags = [], name = 'leaky', isolated = false } = options;
  const file = join(temporaryFolder(), `${name}.cjs`);
  writeFileSync(file, leakingProgram);
  // All tests share this machine's network: the usual port is one for all of them.
  const command = [executable, '--inspect-port=0', ...flags, file];
  const [program = '', ...words] = isolated ? [...isolation(), ...command] : command;
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  let pid = child.pid as number;
  const service: LeakingService = {
    get pid() {
      return pid;
    },
    process: child,
    async say(line) {
      const answered = once(lines, 'line');
      child.stdin.write(`${line}\n`);
      return String((await answered)[0]);
    },
  };
  await service.say('0');
  if (isolated) pid = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')[0]);
  return service;
}

const asRoot = process.geteuid?.() === 0;
const isolation = (): string[] => [
  'unshare',
  ...(asRoot ? [] : ['--user', '--map-root-user']),
  ...['--pid', '--mount', '--mount-proc', '--fork', '--kill-child'],
];

/** Runs a program where an isolated service runs, as a container engine does. */
export function runBeside(pid: number, command: readonly string[]): ChildProcess {
  const user = asRoot ? [] : ['--user', '--preserve-credentials'];
  return spawn('nsenter', ['--target', String(pid), ...user, '--pid', '--mount', '--', ...command]);
}
