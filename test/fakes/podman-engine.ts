import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runBeside } from './leaking-service.ts';

/** What an engine says of a container: its first process as this machine counts, 0 when it has ended. */
interface FakeState {
  pid: number;
  exitCode: number;
  outOfMemory: boolean;
}

export interface FakePodman {
  readonly socket: string;
  readonly containers: Map<string, FakeState>;
  /** What Podman would not have taken; has to be empty. */
  readonly violations: string[];
  /** Programs that run in containers by `exec`. */
  readonly running: Set<ChildProcess>;
  close(): Promise<void>;
}

const wish = z.strictObject({
  AttachStdin: z.literal(true),
  AttachStdout: z.literal(true),
  AttachStderr: z.literal(true),
  Tty: z.literal(false),
  Privileged: z.literal(false),
  Cmd: z.array(z.string()).min(1),
  User: z.string().regex(/^\d+:\d+$/),
});
const startWish = z.strictObject({ Detach: z.literal(false), Tty: z.literal(false) });

/**
 * The Docker-compatible API of Podman (`podman system service`), where it differs from Docker's engine: names without a slash,
 * `101 UPGRADED` with a content type, errors with `cause` and `response`, headers of frames that come apart from their content.
 * `exec` really runs the program, beside the first process of the container.
 */
export async function startPodman(): Promise<FakePodman> {
  const folder = mkdtempSync(join(tmpdir(), 'memoir-test-'));
  const socket = join(folder, 'podman.sock');
  const containers = new Map<string, FakeState>();
  const violations: string[] = [];
  const running = new Set<ChildProcess>();
  const execs = new Map<string, { readonly pid: number; readonly command: readonly string[] }>();
  const sockets = new Set<Socket>();

  /** The answer to a request, and what to run if it was one. */
  async function answer(
    request: IncomingMessage,
    text: string,
  ): Promise<{ status: number; body: object; run?: () => ChildProcess }> {
    const unknown = (status: number, message: string) => ({
      status,
      body: { cause: message, message, response: status },
    });
    const wrong = (message: string) => {
      violations.push(`${request.method} ${request.url}: ${message}`);
      return unknown(400, message);
    };
    const [, path = '', name = '', what] =
      /^\/(containers|exec)\/([\w.-]+)(?:\/(json|exec|start))?$/.exec(request.url ?? '') ?? [];
    if (request.method === 'GET' && request.url === '/containers/json') {
      const alive = [...containers].filter(([, { pid }]) => pid > 0);
      return {
        status: 200,
        body: alive.map(([one]) => ({ Id: idOf(one), Names: [one], Image: 'localhost/leaky:latest' })),
      };
    }
    const [found, state] = [...containers].find(([one]) => one === name || idOf(one).startsWith(name)) ?? [];
    if (path === 'containers' && (found === undefined || state === undefined))
      return unknown(404, `no such container ${name}`);
    if (
      request.method === 'GET' &&
      path === 'containers' &&
      what === 'json' &&
      found !== undefined &&
      state !== undefined
    ) {
      const { pid, exitCode, outOfMemory } = state;
      const State = { Running: pid > 0, Pid: pid, ExitCode: exitCode, OOMKilled: outOfMemory };
      return { status: 200, body: { Id: idOf(found), Name: found, State } };
    }
    if (request.method !== 'POST') return wrong('not known');
    if (path === 'containers' && what === 'exec' && state !== undefined) {
      const { success, data } = wish.safeParse(JSON.parse(text));
      if (!success) return wrong('not a wish for an exec');
      if (state.pid === 0) return unknown(409, 'can only create exec sessions on running containers');
      const id = randomBytes(32).toString('hex');
      execs.set(id, { pid: state.pid, command: data.Cmd });
      return { status: 201, body: { Id: id } };
    }
    const exec = path === 'exec' && what === 'start' ? execs.get(name) : undefined;
    if (exec === undefined) return wrong('not known');
    if (!startWish.safeParse(JSON.parse(text)).success) return wrong('not a wish for a start');
    execs.delete(name);
    return { status: 101, body: {}, run: () => runBeside(exec.pid, exec.command) };
  }

  const server = createServer();
  const respond = (connection: Socket, request: IncomingMessage, text: string) =>
    void answer(request, text).then(({ status, body, run }) => {
      if (run === undefined) {
        const text = JSON.stringify(body);
        const head = `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(text)}`;
        connection.end(`${head}\r\n\r\n${text}`);
        return;
      }
      connection.write(
        'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nContent-Type: application/vnd.docker.raw-stream\r\nUpgrade: tcp\r\n\r\n',
      );
      const child = run();
      running.add(child);
      child.on('exit', () => {
        running.delete(child);
      });
      child.on('close', () => connection.end());
      const forward = (stream: number, source: NodeJS.ReadableStream | null) =>
        source?.on('data', (piece: Buffer) => {
          const header = Buffer.alloc(8);
          header[0] = stream;
          header.writeUInt32BE(piece.length, 4);
          connection.write(header);
          if (!connection.write(piece)) {
            source.pause();
            connection.once('drain', () => source.resume());
          }
        });
      forward(1, child.stdout);
      forward(2, child.stderr);
      connection.on('data', (piece) => child.stdin?.write(piece));
      connection.on('end', () => child.stdin?.end());
      connection.on('close', () => child.stdin?.end());
      child.stdin?.on('error', () => undefined);
    });
  server.on('request', (request, response) => {
    const connection = response.socket;
    if (connection === null) return;
    void request.toArray().then((pieces) => respond(connection, request, Buffer.concat(pieces).toString()));
  });
  server.on('upgrade', (request: IncomingMessage, connection: Socket, head: Buffer) => {
    // Node.js leaves the body of an upgrade in the stream.
    const length = Number(request.headers['content-length']);
    let body = head;
    const take = (piece: Buffer) => {
      body = Buffer.concat([body, piece]);
      if (body.length < length) return;
      connection.off('data', take);
      respond(connection, request, body.subarray(0, length).toString());
    };
    connection.on('data', take);
    take(Buffer.alloc(0));
  });
  server.on('connection', (connection) => {
    sockets.add(connection);
    connection.on('error', () => undefined);
    connection.on('close', () => sockets.delete(connection));
  });
  server.listen(socket);
  await once(server, 'listening');

  return {
    socket,
    containers,
    violations,
    running,
    async close() {
      for (const connection of sockets) connection.destroy();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true });
    },
  };
}

const idOf = (name: string): string => Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64);
