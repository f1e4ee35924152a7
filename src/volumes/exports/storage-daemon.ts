import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Closable } from '../../domain/closable.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { connectQmp, type QmpClient } from './qmp-client.ts';

export interface StorageDaemonOptions {
  /** A folder of this server alone: whoever reaches the sockets in it reads volumes. */
  readonly folder: string;
  /** Over TLS on the network in place of a socket of this host; null for the socket. */
  readonly tls?: NbdListener | null;
  readonly program?: string;
  readonly maxConnections?: number;
}

/** Where volumes are shown to other hosts, and the certificates that prove who is who. */
export interface NbdListener {
  readonly host: string;
  readonly port: number;
  /** A folder of ca-cert.pem, server-cert.pem and server-key.pem, as QEMU names them; clients need a certificate of the same authority. */
  readonly certificates: string;
}

/** The one qemu-storage-daemon of this server. It survives a crash of ours, and the next server finds it. */
export interface StorageDaemon extends Closable {
  /** Where a client finds an export. */
  uriOf(exportName: string): string;
  /** Connected, started if need be. */
  client(): Promise<QmpClient>;
  /** The same, but null where none runs: asking does not start one. */
  running(): Promise<QmpClient | null>;
}

const startMs = 10_000;

/**
 * The sockets are for this user alone, whatever the umask; the daemon goes on when this process dies. It holds a lock for as long as it
 * lives: one that a killed server has just started, and that does not listen yet, is waited for, and never doubled.
 */
const launch =
  'umask 177; cd "$1" || exit 1; shift; exec 9>lock; flock -n 9 || exit 75; rm -f nbd.sock control.sock; exec "$@"';
/** EX_TEMPFAIL (sysexits.h): another one has the lock. */
const isRunning = 75;

export function createStorageDaemon(options: StorageDaemonOptions): StorageDaemon {
  const { folder, program = 'qemu-storage-daemon', maxConnections = 100, tls = null } = options;
  const socketPath = join(folder, 'nbd.sock');
  const controlPath = join(folder, 'control.sock');
  const listenPath = join(folder, 'listens');
  let current: Promise<QmpClient> | undefined;
  let closed = false;

  function remember(connecting: Promise<QmpClient>): Promise<QmpClient> {
    current = connecting;
    const forget = (): void => {
      if (current === connecting) current = undefined;
    };
    connecting.then((client) => client.closed.then(forget), forget);
    return connecting;
  }

  async function start(): Promise<QmpClient> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // One that listens elsewhere is of an older configuration.
    const listening = tls === null ? 'unix' : JSON.stringify(tls);
    const found = await connectQmp(controlPath).catch(() => null);
    if (found !== null) {
      if ((await readFile(listenPath, 'utf8').catch(() => null)) === listening) return found;
      await found.execute('quit').catch(() => undefined);
      await found.closed;
    }
    await writeFile(listenPath, listening, { mode: 0o600 });
    const limit = `max-connections=${maxConnections}`;
    const args = [
      ...(tls === null
        ? ['--nbd-server', `addr.type=unix,addr.path=${quoted(socketPath)},${limit}`]
        : [
            ...['--object', `tls-creds-x509,id=tls,endpoint=server,verify-peer=on,dir=${quoted(tls.certificates)}`],
            ...['--nbd-server', `addr.type=inet,addr.host=${tls.host},addr.port=${tls.port},tls-creds=tls,${limit}`],
          ]),
      ...['--chardev', `socket,id=control,path=${quoted(controlPath)},server=on,wait=off`],
      ...['--monitor', 'chardev=control'],
    ];
    let launched = launchDaemon(folder, [program, ...args]);
    const endsAtMs = performance.now() + startMs;
    while (performance.now() < endsAtMs) {
      const client = await connectQmp(controlPath).catch(() => null);
      if (client !== null) return client;
      if (launched.state === 'FAILED') break;
      // Another one has the lock: it is about to listen, or about to end.
      if (launched.state === 'LOCKED') launched = launchDaemon(folder, [program, ...args]);
      await sleep(30);
    }
    const said = launched.said.trim() || 'no reason given';
    throw new MemoirError('NOT_CONFIGURED', `qemu-storage-daemon does not start: ${said}`, {
      hint: said.includes('not found')
        ? 'Install it: the packages qemu-utils and qemu-system-common, or qemu-img on Red Hat.'
        : 'See the text, which is its own; VOLUME_NBD_LISTEN and VOLUME_NBD_TLS say where it listens and with which certificates.',
    });
  }

  return {
    uriOf(name) {
      const exported = encodeURIComponent(name);
      if (tls === null) return `nbd+unix:///${exported}?socket=${socketPath}`;
      const host = ['0.0.0.0', '::'].includes(tls.host) ? hostname() : tls.host;
      return `nbds://${host.includes(':') ? `[${host}]` : host}:${tls.port}/${exported}`;
    },
    client() {
      if (closed) throw new MemoirError('SHUTTING_DOWN', 'the server is stopping');
      return current ?? remember(start());
    },
    async running() {
      if (current !== undefined) return current.catch(() => null);
      return connectQmp(controlPath).then(
        (client) => remember(Promise.resolve(client)),
        () => null,
      );
    },
    /** Ends the daemon with the server: its clients see the end of their connection, and the next start exports anew. */
    async close() {
      closed = true;
      const client = await current?.catch(() => null);
      if (client == null) return;
      await client.execute('quit').catch(() => undefined);
      await client.close();
    },
  };
}

/** In QEMU's options a comma begins the next one, and two are one (qemu-storage-daemon(1)). */
const quoted = (path: string): string => path.replaceAll(',', ',,');

interface Launched {
  readonly state: 'RUNNING' | 'LOCKED' | 'FAILED';
  readonly said: string;
}

/** Starts a daemon beside this process; what is returned follows its fate. */
function launchDaemon(folder: string, command: readonly string[]): Launched {
  const child = spawn('sh', ['-c', launch, 'sh', folder, ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const launched: { state: Launched['state']; said: string } = { state: 'RUNNING', said: '' };
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    launched.said = (launched.said + chunk).slice(-2_000);
  });
  child.once('error', (error) => Object.assign(launched, { state: 'FAILED', said: error.message }));
  child.once('exit', (code) => Object.assign(launched, { state: code === isRunning ? 'LOCKED' : 'FAILED' }));
  child.unref();
  if (child.stderr instanceof Socket) child.stderr.unref();
  return launched;
}
