import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { makeCertificate } from './certificates.ts';
import { type ExecFaults, serveExec } from './exec-channel.ts';

/** A container, and how a program is run inside of it. */
export interface FakeContainer {
  readonly name: string;
  readonly command?: readonly string[];
  id: string;
  restarts: number;
  running: boolean;
  terminated?: { readonly reason: string; readonly exitCode: number };
  run(command: readonly string[]): ChildProcess;
}

export interface FakePod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly FakeContainer[];
}

export interface FakeApiServer {
  readonly url: string;
  /** A kubeconfig that leads here, as a file. */
  readonly kubeconfig: string;
  readonly pods: FakePod[];
  /** What nobody may do: `create pods/exec`. */
  readonly forbidden: Set<string>;
  readonly faults: ExecFaults;
  /** What a real server would not have taken; has to be empty. */
  readonly violations: string[];
  /** Programs that were started and have not ended. */
  readonly running: Set<ChildProcess>;
  /** Programs as they were asked for. */
  readonly commands: string[][];
  close(): Promise<void>;
}

const token = 'token-of-the-tests';
const user = 'system:serviceaccount:default:memoir';
const listQuery = new Set(['limit', 'labelSelector']);
const execQuery = new Set(['container', 'stdin', 'stdout', 'stderr', 'tty', 'command']);

interface Options {
  readonly protocols?: readonly string[];
}

/**
 * An API server of Kubernetes as far as Memoir needs one: TLS, a bearer token, pods, and `exec` by WebSocket, which really runs
 * the program. It refuses whatever it does not know, and remembers it.
 */
export async function startApiServer({
  protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
}: Options = {}): Promise<FakeApiServer> {
  const { ca, cert, key } = makeCertificate();
  const pods: FakePod[] = [];
  const forbidden = new Set<string>();
  const faults: ExecFaults = {};
  const violations: string[] = [];
  const running = new Set<ChildProcess>();
  const commands: string[][] = [];
  const sockets = new Set<Socket>();

  /** What is answered to a request, before anything is upgraded. */
  function judge(request: IncomingMessage) {
    const url = new URL(request.url ?? '', 'https://127.0.0.1');
    const wrong = (code: number, reason: string, message: string) => {
      violations.push(`${request.method} ${request.url}: ${message}`);
      return { refused: status(code, reason, message) };
    };
    if (request.headers.authorization !== `Bearer ${token}`)
      return { refused: status(401, 'Unauthorized', 'Unauthorized') };
    if (request.method !== 'GET') return wrong(405, 'MethodNotAllowed', 'only GET');
    const [, namespace = '', name, exec] =
      /^\/api\/v1\/namespaces\/([a-z0-9-]+)\/pods(?:\/([a-z0-9.-]+)(\/exec)?)?$/.exec(url.pathname) ?? [];
    if (namespace === '') return wrong(404, 'NotFound', 'the server could not find the requested resource');
    const known = exec === undefined ? (name === undefined ? listQuery : new Set<string>()) : execQuery;
    for (const word of url.searchParams.keys()) {
      if (!known.has(word)) return wrong(400, 'BadRequest', `unknown parameter ${word}`);
      if (word !== 'command' && url.searchParams.getAll(word).length > 1)
        return wrong(400, 'BadRequest', `${word} twice`);
    }
    const upgraded = request.headers.upgrade !== undefined;
    if (upgraded !== (exec !== undefined)) return wrong(400, 'BadRequest', 'Upgrade request required');
    const permission = exec === undefined ? (name === undefined ? 'list pods' : 'get pods') : 'create pods/exec';
    if (forbidden.has(permission)) {
      const [verb, resource] = permission.split(' ');
      const message = `pods${name === undefined ? '' : ` "${name}"`} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "" in the namespace "${namespace}"`;
      return { refused: status(403, 'Forbidden', message) };
    }
    const pod = pods.find((one) => one.namespace === namespace && one.name === name);
    if (name !== undefined && pod === undefined)
      return { refused: status(404, 'NotFound', `pods "${name}" not found`) };
    return { url, namespace, pod, exec: exec !== undefined };
  }

  const server = createServer({ cert, key }, (request, response) => {
    const judged = judge(request);
    const send = (code: number, body: object) => {
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if ('refused' in judged) return send(judged.refused.code, judged.refused);
    const { url, namespace, pod } = judged;
    if (pod !== undefined) return send(200, podOf(pod));
    const wanted = (url.searchParams.get('labelSelector') ?? '')
      .split(',')
      .filter(Boolean)
      .map((one) => /^([^!=]+)(!?)==?(.*)$/.exec(one) ?? []);
    const found = pods.filter(
      ({ namespace: where, labels }) =>
        where === namespace && wanted.every(([, label = '', not, value]) => (labels[label] === value) === (not === '')),
    );
    send(200, { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: found.map(podOf) });
  });

  const upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => protocols.find((one) => offered.has(one)) ?? false,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const refuse = (body: ReturnType<typeof status>) => {
      const text = JSON.stringify(body);
      socket.end(
        `HTTP/1.1 ${body.code} ${body.reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
      );
    };
    const judged = judge(request);
    if ('refused' in judged) return refuse(judged.refused);
    const { url, pod } = judged;
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
    if (!offered.some((one) => protocols.includes(one)) || pod === undefined) {
      violations.push(`protocols ${offered.join(' ')}`);
      return refuse(status(400, 'BadRequest', 'unable to upgrade: no known subprotocol'));
    }
    const name = url.searchParams.get('container');
    const container = pod.containers.find((one) => one.name === name);
    if (container === undefined)
      return refuse(status(400, 'BadRequest', `container ${name} is not valid for pod ${pod.name}`));
    if (!container.running) return refuse(status(500, 'InternalError', 'container not running'));
    const command = url.searchParams.getAll('command');
    commands.push(command);
    upgrades.handleUpgrade(request, socket, head, (channel) => {
      serveExec(channel, () => container.run(command), { faults, violations, running });
    });
  });
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), 'memoir-test-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigOf(url, ca));

  return {
    url,
    kubeconfig,
    pods,
    forbidden,
    faults,
    violations,
    running,
    commands,
    async close() {
      for (const child of running) child.kill('SIGKILL');
      for (const socket of sockets) socket.destroy();
      rmSync(folder, { recursive: true });
      server.close();
      await once(server, 'close');
    },
  };
}

const kubeconfigOf = (server: string, ca: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'tests',
    clusters: [
      { name: 'tests', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: 'memoir', user: { token } }],
    contexts: [{ name: 'tests', context: { cluster: 'tests', user: 'memoir', namespace: 'shop' } }],
  });

const status = (code: number, reason: string, message: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  reason,
  code,
});

function podOf({ namespace, name, labels, containers }: FakePod): object {
  const at = '2026-01-01T00:00:00Z';
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { namespace, name, uid: `uid-of-${namespace}-${name}`, labels, creationTimestamp: at },
    spec: { containers: containers.map(({ name, command }) => ({ name, image: 'leaky', command })) },
    status: {
      phase: 'Running',
      containerStatuses: containers.map(({ name, id, restarts, running, terminated }) => ({
        name,
        containerID: id,
        restartCount: restarts,
        ready: running,
        image: 'leaky',
        imageID: 'leaky',
        state: running
          ? { running: { startedAt: at } }
          : { terminated: { reason: 'Error', exitCode: 1, ...terminated } },
        lastState: running && terminated !== undefined ? { terminated } : {},
      })),
    },
  };
}
