import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';

// A real InfluxDB 3 Core. No package has it and none of it is in this repository: whoever has built or downloaded one names
// the program by INFLUXDB3_BIN. Without it these tests are skipped by name, also where REQUIRE_SYSTEM=1 requires all others.

const program = process.env.INFLUXDB3_BIN ?? '';

/** Whether there is no real InfluxDB 3 here. */
export const lacksInfluxDb3 = program === '' || !existsSync(program);

export interface RealServerOptions {
  /** Keeps everything; the caller's to remove. */
  readonly folder: string;
  /** Starts with authorisation, and makes the token of an administrator. */
  readonly authorised?: boolean;
  /** A write is answered when the WAL was flushed: every second unless this says otherwise. */
  readonly flush?: string;
  /** More options of `influxdb3 serve`. */
  readonly options?: readonly string[];
}

export interface RealServer {
  readonly url: string;
  /** Empty without authorisation. */
  readonly token: string;
  /** What it said since it was started last. */
  log(): string;
  /** As kill -9 does, or as a service manager. Resolves when it is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Starts again, at the same address. `options` replace the first ones. */
  start(options?: readonly string[]): Promise<void>;
  /** One request as a client makes it, with the token. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** A port that is free now: a server that is started again has to be where it was. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

export async function startRealServer(given: RealServerOptions): Promise<RealServer> {
  const { folder, authorised = false, flush = '10ms' } = given;
  const url = `http://127.0.0.1:${await freePort()}`;
  let child: ChildProcess | undefined;
  let said = '';
  let token = '';

  async function start(options = given.options ?? []): Promise<void> {
    said = '';
    const { host } = new URL(url);
    const args = ['serve', '--node-id', 'test', '--object-store', 'file', '--data-dir', folder, '--http-bind', host];
    args.push('--disable-telemetry-upload', '--wal-flush-interval', flush);
    if (!authorised) args.push('--without-auth');
    const started = spawn(program, [...args, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk: Buffer) => {
        said = (said + chunk).slice(-100_000);
      });
    for (;;) {
      if (started.exitCode !== null || started.signalCode !== null) throw new Error(`influxdb3 ended: ${said}`);
      const answer = await fetch(`${url}/health`).catch(() => null);
      await answer?.text();
      // A server with authorisation says who it does not know: it is there.
      if (answer !== null && (answer.ok || answer.status === 401)) break;
      await setTimeout(20);
    }
    if (authorised && token === '') {
      const made = await fetch(`${url}/api/v3/configure/token/admin`, { method: 'POST' });
      token = ((await made.json()) as { token: string }).token;
    }
  }

  await start();
  return {
    url,
    get token() {
      return token;
    },
    log: () => said,
    start,
    async end(signal) {
      const ending = child;
      if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
      const gone = once(ending, 'exit');
      ending.kill(signal);
      await gone;
    },
    request: (path, init = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        headers: { ...(token && { authorization: `Bearer ${token}` }), ...(init.headers as Record<string, string>) },
      }),
  };
}
