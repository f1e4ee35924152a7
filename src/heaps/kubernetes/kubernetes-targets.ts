import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoirError } from '../../domain/memoir-error.ts';
import { tunnelFlags, tunnelProgram } from '../docker/tunnel-program.ts';
import type { Ending, HeapTarget, HeapTargets, TargetFilter } from '../heap-target.ts';
import { type NodeProcess, nodeProcess, wakeInspector } from '../process/node-process.ts';
import { parseProcess } from '../process/process-facts.ts';
import type { Cluster, Pod, PodContainer } from './cluster.ts';
import { lookProgram } from './look-program.ts';
import { PodLook } from './pod-look.ts';
import {
  checkContainer,
  checkNamespace,
  checkPod,
  checkSelector,
  type PodReference,
  parsePodReference,
  podTargetId,
} from './pod-reference.ts';

/** A Node.js process of a container of a pod. */
interface Inmate {
  readonly target: HeapTarget;
  readonly found: NodeProcess;
}

/** A conversation in a container, and the executable that can hold it. */
interface Inside {
  readonly look: PodLook;
  readonly executable: string;
}

const mostContainers = 50;
const parallelLooks = 4;
/** Where images have Node.js: in the PATH, or as distroless ones and Debian's do. */
const usualPlaces = ['node', '/nodejs/bin/node', '/usr/local/bin/node', '/usr/bin/node', '/opt/nodejs/bin/node', 'bun'];
/** What the API server says of an end comes later than the end. */
const endingTimeoutMs = 5000;
const endingPollMs = 250;

/**
 * The Node.js processes of a cluster's pods. Everything goes through `exec`: a small program of ours looks at the processes of a
 * container from inside, and another joins its standard streams to the inspector's port. Both are run by a Node.js that is
 * in the container, need no shell, and write nothing.
 */
export function createKubernetesTargets(cluster: Cluster): HeapTargets {
  /** By image and command of a container, the executable that worked. */
  const executables = new Map<string, string>();

  async function enter(pod: Pod, container: PodContainer, signal: AbortSignal): Promise<Inside> {
    const wish = { namespace: pod.namespace, pod: pod.name, container: container.name };
    const known = executables.get(container.id);
    for (const executable of known === undefined ? candidates(container) : [known]) {
      const stream = await cluster.exec({ ...wish, command: [executable, ...tunnelFlags, lookProgram] }, signal);
      const look = await PodLook.open(stream, signal);
      if (look === null) continue;
      if (executables.size > 1000) executables.clear();
      executables.set(container.id, executable);
      return { look, executable };
    }
    executables.delete(container.id);
    throw new MemoirError('TARGET_UNAVAILABLE', `no Node.js was found in the container ${pod.name}/${container.name}`, {
      hint: 'It runs something else, or its Node.js is in an unusual place: name it in `command` of the pod, or in the PATH.',
    });
  }

  async function inmatesOf({ look }: Inside, pod: Pod, container: PodContainer, signal: AbortSignal) {
    const { found, hidden } = await look.list(signal);
    const inmates: Inmate[] = [];
    const others: string[] = [];
    for (const { kind, texts } of found) {
      if (!kind.isNode) {
        others.push(kind.other ?? 'another program');
        continue;
      }
      const node = nodeProcess(parseProcess(texts, false), kind);
      if (isOurs(texts.commandLine)) continue;
      const { facts, obstacle } = node;
      const target: HeapTarget = {
        id: podTargetId(pod.namespace, pod.name, container.name, facts.pid),
        kind: 'kubernetes',
        name: pod.name,
        pid: facts.pid,
        nodeVersion: kind.version,
        command: facts.command,
        container: `${pod.namespace}/${pod.name}/${container.name}`,
        obstacle,
      };
      inmates.push({ target, found: node });
    }
    return { inmates, others, hidden };
  }

  /** The pod and those of its containers that are meant and run. */
  async function containersOf({ namespace, pod: name, container }: PodReference, signal: AbortSignal) {
    const pod = await cluster.pod(namespace, name, signal);
    const named = pod.containers.filter((one) => container === null || one.name === container);
    if (named.length === 0) throw new MemoirError('NOT_FOUND', `the pod ${name} has no container ${container}`);
    const running = named.filter((one) => one.running);
    if (running.length === 0) throw new MemoirError('NOT_FOUND', `no container of the pod ${name} runs`);
    return { pod, containers: running };
  }

  /** Opens the container of the one process that is meant; whoever calls closes what it opened. */
  async function locate(reference: PodReference, signal: AbortSignal) {
    const { pod, containers } = await containersOf(reference, signal);
    const seen: (Inmate & { readonly inside: Inside; readonly container: PodContainer })[] = [];
    const opened: Inside[] = [];
    const others: string[] = [];
    let hidden = 0;
    let refused: unknown;
    const closeAll = () => Promise.all(opened.map(({ look }) => look.close()));
    try {
      for (const container of containers) {
        const inside = await enter(pod, container, signal).catch((error) => {
          // A neighbour without Node.js, such as a proxy, is not in the way of the container that has it.
          if (containers.length === 1) throw error;
          refused = error;
          return null;
        });
        if (inside === null) continue;
        opened.push(inside);
        const within = await inmatesOf(inside, pod, container, signal);
        hidden += within.hidden;
        others.push(...within.others);
        for (const inmate of within.inmates) {
          if (reference.pid === null || inmate.target.pid === reference.pid)
            seen.push({ ...inmate, inside, container });
        }
      }
      const [only] = seen;
      if (only !== undefined && seen.length === 1) return { ...only, pod, closeAll };
      throw noneOrMany(
        pod,
        seen.map(({ target }) => target.id),
        others,
        hidden,
        refused,
      );
    } catch (error) {
      await closeAll();
      throw error;
    }
  }

  /** Whether the container ended with the process, and why; asked until the API server has heard of it. */
  async function endingOf({ namespace, name }: Pod, before: PodContainer): Promise<Ending> {
    const until = AbortSignal.timeout(endingTimeoutMs);
    let ending: Ending = { how: 'UNKNOWN', exitCode: null };
    while (!until.aborted) {
      try {
        const pod = await cluster.pod(namespace, name, until);
        const now = pod.containers.find((one) => one.name === before.name);
        if (now === undefined) return ending;
        if (now.id === before.id && now.restarts === before.restarts && now.running)
          ending = { how: 'RUNS', exitCode: null };
        else if (now.terminated !== null) {
          const { reason, exitCode } = now.terminated;
          return { how: reason === 'OOMKilled' ? 'OUT_OF_MEMORY' : 'EXITED', exitCode };
        }
        await sleep(endingPollMs, undefined, { signal: until });
      } catch {
        return ending;
      }
    }
    return ending;
  }

  async function listed(filter: TargetFilter, signal: AbortSignal): Promise<readonly Pod[]> {
    const namespace = checkNamespace(filter.namespace ?? (await cluster.namespace()));
    if (filter.pod !== undefined) return [await cluster.pod(namespace, checkPod(filter.pod), signal)];
    return cluster.pods(namespace, filter.selector === undefined ? null : checkSelector(filter.selector), signal);
  }

  return {
    kind: 'kubernetes',

    async list(signal, filter = {}) {
      const { namespace, pod, selector, container: wanted } = filter;
      if (namespace === undefined && pod === undefined && selector === undefined && filter.kind !== 'kubernetes')
        return [];
      if (wanted !== undefined) checkContainer(wanted);
      const places = (await listed(filter, signal)).flatMap((one) =>
        one.containers
          .filter(({ running, name }) => running && (wanted === undefined || name === wanted))
          .map((container) => ({ pod: one, container })),
      );
      if (places.length > mostContainers) {
        throw new MemoirError(
          'LIMIT_EXCEEDED',
          `${places.length} containers match; at most ${mostContainers} are looked into`,
          {
            hint: 'Name a pod or a label selector.',
          },
        );
      }
      const targets: HeapTarget[][] = places.map(() => []);
      const left = places.entries();
      const worker = async () => {
        for (const [index, place] of left) {
          const inside = await enter(place.pod, place.container, signal).catch((error) => {
            // Most containers are not Node.js; a cluster that refuses refuses all of them.
            if (error instanceof MemoirError && error.details.missingRule === undefined) return null;
            throw error;
          });
          if (inside === null) continue;
          try {
            const { inmates } = await inmatesOf(inside, place.pod, place.container, signal);
            targets[index] = inmates.map(({ target }) => target);
          } finally {
            await inside.look.close();
          }
        }
      };
      await Promise.all(Array.from({ length: parallelLooks }, worker));
      return targets.flat();
    },

    async find(reference, signal) {
      const { target, closeAll } = await locate(parsePodReference(reference, await cluster.namespace()), signal);
      await closeAll();
      return target;
    },

    async wake(target, signal) {
      const reference = parsePodReference(target.id, await cluster.namespace());
      const { pod, container, inside, found, closeAll } = await locate(reference, signal).catch((error) => {
        if (!(error instanceof MemoirError) || error.code !== 'NOT_FOUND') throw error;
        throw new MemoirError('TARGET_GONE', `the process ${target.id} has ended`, { cause: error });
      });
      try {
        if (found.obstacle !== null) throw new MemoirError('TARGET_UNAVAILABLE', found.obstacle);
        const place = { namespace: pod.namespace, pod: pod.name, container: container.name };
        const dial =
          (port: number) =>
          (limit: AbortSignal): Promise<Duplex> =>
            cluster.exec({ ...place, command: [inside.executable, ...tunnelFlags, tunnelProgram(port)] }, limit);
        const { port, woken } = await wakeInspector(found, dial, signal, inside.look);
        return {
          // The container's id beside the process's: nodes may share what their kernels call a boot.
          identity: `${pod.uid}:${container.id}:${found.facts.identity}`,
          woken,
          dial: dial(port),
          ending: () => endingOf(pod, container),
          close: async () => undefined,
        };
      } finally {
        await closeAll();
      }
    },

    close: async () => undefined,
  };
}

/** What may be run to look into a container: only what is Node.js by its name, since any other program would do its own work. */
function candidates({ command }: PodContainer): string[] {
  const named = command.filter((word) => /(^|\/)(node|nodejs|bun)$/.test(word));
  const script = command.some((word) => /\.[cm]?js$/.test(word));
  // Where the pod gives a script to a program of the image's, the first process is that program.
  const first = command.length > 0 && script && named.length === 0 ? ['/proc/1/exe'] : [];
  return [...new Set([...named, ...usualPlaces, ...first])];
}

function noneOrMany(pod: Pod, candidates: string[], others: string[], hidden: number, refused: unknown): MemoirError {
  if (candidates.length > 1) {
    return new MemoirError('BAD_INPUT', `${candidates.length} Node.js processes run in the pod ${pod.name}: name one`, {
      hint: `One of ${candidates.join(', ')}`,
      details: { candidates },
    });
  }
  if (others.length > 0) {
    return new MemoirError(
      'TARGET_UNAVAILABLE',
      `the pod ${pod.name} runs ${[...new Set(others)].join(' and ')}, not Node.js`,
    );
  }
  if (hidden > 0) {
    return new MemoirError(
      'TARGET_UNAVAILABLE',
      `the processes of the pod ${pod.name} belong to another user than its exec runs as`,
      {
        hint: 'Let the container run as the user of its service (securityContext.runAsUser).',
      },
    );
  }
  if (refused instanceof MemoirError) return refused;
  return new MemoirError('NOT_FOUND', `no such Node.js process runs in the pod ${pod.name}`);
}

/** Tunnels, and whoever looks at the same time, are Node.js too. */
const isOurs = (commandLine: string): boolean =>
  commandLine
    .split('\0')
    .slice(1, 1 + tunnelFlags.length)
    .join(' ') === tunnelFlags.join(' ');
