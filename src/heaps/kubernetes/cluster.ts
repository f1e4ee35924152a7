import type { IncomingMessage, RequestOptions } from 'node:http';
import type { ConfigurationOptions, CoreV1Api, KubeConfig, ObservableMiddleware, V1Pod } from '@kubernetes/client-node';
import { type ClientOptions, WebSocket } from 'ws';
import { fieldOf } from '../../domain/field.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { messageOf } from '../../domain/thrown.ts';
import { PodStream } from './pod-stream.ts';
import { type Permission, refusal, unreachable } from './refusal.ts';

export interface ClusterOptions {
  /** A kubeconfig file, or the service account of the pod that this server runs in. */
  readonly config: { readonly file: string; readonly context: string | null } | 'in-cluster';
  /** Of names that have none; that of the context unless told. */
  readonly namespace: string | null;
}

/** A pod, as far as it is of interest. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly containers: readonly PodContainer[];
}

export interface PodContainer {
  readonly name: string;
  readonly running: boolean;
  /** Changes when the container is started again. */
  readonly id: string;
  readonly restarts: number;
  /** The program that its pod names; empty if the image decides. */
  readonly command: readonly string[];
  /** How it ended the last time, or now. */
  readonly terminated: { readonly reason: string; readonly exitCode: number } | null;
}

export interface ExecWish {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
}

/** All that is asked of a cluster: pods, one pod, and to run a program in a container. Names were checked before. */
export interface Cluster {
  /** Of names that have none. */
  namespace(): Promise<string>;
  /** At most 200 that match. */
  pods(namespace: string, selector: string | null, signal: AbortSignal): Promise<readonly Pod[]>;
  /** NOT_FOUND if there is none. */
  pod(namespace: string, name: string, signal: AbortSignal): Promise<Pod>;
  exec(wish: ExecWish, signal: AbortSignal): Promise<PodStream>;
}

interface Connection {
  readonly library: KubeConfig;
  readonly api: CoreV1Api;
  /** Ends a request of the library when the signal says so. */
  readonly until: (signal: AbortSignal) => ObservableMiddleware;
}

type Options = ConfigurationOptions<ObservableMiddleware>;

const mostPods = 200;
const handshakeTimeoutMs = 30_000;
/** Chunks of V8 have about 100 kB; kubelets send at most 32 kB at a time. */
const maxMessageBytes = 16 * 1024 * 1024;
const maxRefusalBytes = 64 * 1024;
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** A cluster through its API server. The library is large, so it is loaded when a pod is first asked for. */
export function createCluster({ config, namespace }: ClusterOptions): Cluster {
  let opening: Promise<Connection> | undefined;

  function connection(): Promise<Connection> {
    opening ??= open().catch((cause) => {
      opening = undefined;
      throw cause;
    });
    return opening;
  }

  async function open(): Promise<Connection> {
    const { CoreV1Api, KubeConfig, Observable } = await import('@kubernetes/client-node');
    const library = new KubeConfig();
    try {
      if (config === 'in-cluster') library.loadFromCluster();
      else {
        library.loadFromFile(config.file);
        if (config.context !== null) library.setCurrentContext(config.context);
      }
      const until = (signal: AbortSignal): ObservableMiddleware => ({
        pre: (context) => {
          context.setSignal(signal);
          return new Observable(Promise.resolve(context));
        },
        post: (context) => new Observable(Promise.resolve(context)),
      });
      return { library, api: library.makeApiClient(CoreV1Api), until };
    } catch (cause) {
      const where = config === 'in-cluster' ? 'the service account' : `the file ${config.file}`;
      throw new MemoirError('CONFIG_INVALID', `${where} does not lead to a cluster: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  async function ask<T>(
    permission: Permission,
    signal: AbortSignal,
    call: (api: CoreV1Api, options: Options) => Promise<T>,
  ): Promise<T> {
    const { api, until } = await connection();
    signal.throwIfAborted();
    try {
      return await call(api, { middleware: [until(signal)], middlewareMergeStrategy: 'append' });
    } catch (error) {
      signal.throwIfAborted();
      const code = fieldOf(error, 'code');
      const body = fieldOf(error, 'body');
      if (typeof code !== 'number') throw unreachable(error);
      throw refusal(code, typeof body === 'string' ? body : JSON.stringify(body ?? null), permission);
    }
  }

  return {
    async namespace() {
      if (namespace !== null) return namespace;
      const { library } = await connection();
      return library.getContextObject(library.getCurrentContext())?.namespace ?? 'default';
    },

    async pods(namespace, selector, signal) {
      const permission: Permission = { verbs: ['list'], resource: 'pods', namespace };
      const labels = selector === null ? {} : { labelSelector: selector };
      const { items } = await ask(permission, signal, (api, options) =>
        api.listNamespacedPod({ namespace, limit: mostPods, ...labels }, options),
      );
      return items.map(toPod);
    },

    async pod(namespace, name, signal) {
      const permission: Permission = { verbs: ['get'], resource: 'pods', namespace };
      return toPod(
        await ask(permission, signal, (api, options) => api.readNamespacedPod({ namespace, name }, options)),
      );
    },

    async exec({ namespace, pod, container, command }, signal) {
      const { library } = await connection();
      const query = new URLSearchParams({ container, stdin: 'true', stdout: 'true', stderr: 'true', tty: 'false' });
      for (const word of command) query.append('command', word);
      const server = library.getCurrentCluster()?.server ?? '';
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec`;
      const address = `${server.replace(/^http/, 'ws').replace(/\/+$/, '')}${path}?${query}`;
      const options: ClientOptions & Pick<RequestOptions, 'auth'> = {};
      await library.applyToHTTPSOptions(options);
      signal.throwIfAborted();
      const { headers, agent, auth } = options;
      const socket = new WebSocket(address, protocols, {
        ...(headers == null ? {} : { headers }),
        ...(agent == null ? {} : { agent }),
        ...(auth == null ? {} : { auth }),
        perMessageDeflate: false,
        maxPayload: maxMessageBytes,
        handshakeTimeout: handshakeTimeoutMs,
      });
      return opened(socket, { verbs: ['create', 'get'], resource: 'pods/exec', namespace }, signal);
    },
  };
}

/** The stream, once the server has agreed to run the program. */
async function opened(socket: WebSocket, permission: Permission, signal: AbortSignal): Promise<PodStream> {
  const abort = () => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  try {
    // Made at once: what comes with the handshake is not to be missed.
    const stream = new PodStream(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', (error) => reject(unreachable(error)));
      socket.once('close', () => reject(unreachable(new Error('the connection was closed'))));
      socket.once('unexpected-response', (_request, answer) => {
        void readRefusal(answer).then((body) => {
          reject(refusal(answer.statusCode ?? 0, body, permission));
          socket.terminate();
        });
      });
    });
    if (!protocols.includes(socket.protocol)) {
      stream.destroy();
      throw new MemoirError('TARGET_UNAVAILABLE', 'the cluster speaks neither v4 nor v5 of its channel protocol');
    }
    return stream;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function readRefusal(answer: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const piece of answer) {
      body += String(piece);
      if (body.length > maxRefusalBytes) break;
    }
  } catch {
    // Its status is enough.
  }
  return body;
}

function toPod({ metadata, spec, status }: V1Pod): Pod {
  const states = new Map((status?.containerStatuses ?? []).map((one) => [one.name, one]));
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    containers: (spec?.containers ?? []).map(({ name, command = [], args = [] }) => {
      const state = states.get(name);
      const terminated = state?.state?.terminated ?? state?.lastState?.terminated;
      return {
        name,
        running: state?.state?.running != null,
        id: state?.containerID ?? '',
        restarts: state?.restartCount ?? 0,
        command: [...command, ...args],
        terminated:
          terminated == null ? null : { reason: terminated.reason ?? '', exitCode: terminated.exitCode ?? Number.NaN },
      };
    }),
  };
}
