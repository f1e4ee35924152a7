import type { ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Namespace } from '../bench/namespace.ts';
import { freePort } from './free-port.ts';

const run = promisify(execFile);

/** An sshd on the loopback with keys of its own, which lets this user in by `keyPath`. */
export interface SshServer extends AsyncDisposable {
  readonly port: number;
  readonly keyPath: string;
  /** Another key, which opens nothing. */
  readonly otherKeyPath: string;
  readonly knownHostsPath: string;
  readonly log: () => string;
}

/** Starts it inside of `namespace`, where the daemon's socket lies at its usual path. */
export async function startSshServer(namespace: Namespace, folder: string): Promise<SshServer> {
  await mkdir(folder, { mode: 0o700 });
  // Where sshd parks the process that has no rights yet; services make it when they start.
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const key = async (name: string): Promise<string> => {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
    return join(folder, name);
  };
  const [hostKey, keyPath, otherKeyPath] = [await key('host'), await key('user'), await key('other')];
  await copyFile(`${keyPath}.pub`, join(folder, 'authorized_keys'));
  const port = await freePort();
  const knownHostsPath = join(folder, 'known_hosts');
  await writeFile(knownHostsPath, `[127.0.0.1]:${port} ${await readFile(`${hostKey}.pub`, 'utf8')}`);
  const configuration = join(folder, 'sshd_config');
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
  ];
  await writeFile(configuration, `${lines.join('\n')}\n`);
  const sshd = namespace.spawn(['/usr/sbin/sshd', '-D', '-e', '-f', configuration], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  sshd.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  await untilAccepting(port, sshd, () => log);
  return {
    port,
    keyPath,
    otherKeyPath,
    knownHostsPath,
    log: () => log,
    async [Symbol.asyncDispose]() {
      const gone = once(sshd, 'exit');
      if (sshd.exitCode === null && sshd.kill()) await gone;
    },
  };
}

async function untilAccepting(port: number, sshd: ChildProcess, log: () => string): Promise<void> {
  for (;;) {
    if (sshd.exitCode !== null) throw new Error(`sshd ended: ${log()}`);
    const socket = connect({ port, host: '127.0.0.1' });
    const accepted = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (accepted) return;
    await sleep(20);
  }
}
