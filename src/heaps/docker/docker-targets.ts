import { readFile, readlink } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { isMemoirError, MemoirError } from '../../domain/memoir-error.ts';
import type { Ending, HeapTarget, HeapTargets } from '../heap-target.ts';
import { localEnding, watchMemoryKills } from '../process/memory-kills.ts';
import { type NodeProcess, NodeProcesses, wakeInspector } from '../process/node-process.ts';
import { allProcesses } from '../process/process-facts.ts';
import type { EngineApi } from './engine-api.ts';
import { tunnelFlags, tunnelProgram } from './tunnel-program.ts';

/** A Node.js process of a container, seen from both sides. */
interface Inmate {
  readonly target: HeapTarget;
  readonly found: NodeProcess;
  readonly containerId: string;
  /** `uid:gid` as the container counts. */
  readonly user: string;
}

/**
 * The Node.js processes of a container engine on this machine. Processes are told by this machine's /proc, as the engine's own
 * are; connections go through a small program in the container, run by the process's own executable (`/proc/PID/exe`), so that
 * no shell, no `node` in the PATH and no port is needed, and nothing is written.
 */
export function createDockerTargets(engine: EngineApi): HeapTargets {
  const processes = new NodeProcesses();

  /** The Node.js processes in a container's pid namespace. */
  async function inmates(container: { id: string; name: string; pid: number }, signal: AbortSignal): Promise<Inmate[]> {
    if (container.pid === 0) return [];
    const namespace = await namespaceOf(container.pid);
    if (namespace === null) throw hidden(container.name);
    const found: Inmate[] = [];
    for (const pid of await allProcesses()) {
      signal.throwIfAborted();
      if ((await namespaceOf(pid)) !== namespace) continue;
      const node = await processes.look(pid);
      const inside = node === null ? null : await insideOf(pid);
      // Our own tunnels are Node.js too.
      if (node === null || inside === null || (await isTunnel(pid))) continue;
      const { facts, kind, obstacle } = node;
      found.push({
        target: {
          id: `docker:${container.id.slice(0, 12)}:${inside.pid}`,
          kind: 'docker',
          name: container.name,
          pid: inside.pid,
          nodeVersion: kind.version,
          command: facts.command,
          container: container.name,
          obstacle,
        },
        found: node,
        containerId: container.id,
        user: inside.user,
      });
    }
    return found;
  }

  async function locate(reference: string, signal: AbortSignal): Promise<Inmate> {
    const [, name = '', pid] = /^(?:docker:)?([^:]+)(?::(\d{1,10}))?$/.exec(reference) ?? [];
    const container = await engine.firstProcess(name, signal);
    const all = await inmates(container, signal);
    const meant = pid === undefined ? all : all.filter(({ target }) => target.pid === Number(pid));
    const [only, ...others] = meant;
    if (only !== undefined && others.length === 0) return only;
    const quoted = JSON.stringify(container.name);
    if (container.pid === 0) throw new MemoirError('NOT_FOUND', `the container ${quoted} does not run`);
    if (meant.length === 0)
      throw new MemoirError('NOT_FOUND', `no such Node.js process runs in the container ${quoted}`);
    const candidates = meant.map(({ target }) => target.id);
    throw new MemoirError('BAD_INPUT', `${meant.length} Node.js processes run in ${quoted}: name one`, {
      hint: `One of ${candidates.join(', ')}`,
      details: { candidates },
    });
  }

  return {
    kind: 'docker',

    async list(signal) {
      const targets: HeapTarget[] = [];
      for (const { id } of await engine.containers(signal)) {
        const container = await engine.firstProcess(id, signal);
        targets.push(...(await inmates(container, signal)).map(({ target }) => target));
      }
      return targets;
    },

    find: async (reference, signal) => (await locate(reference, signal)).target,

    async wake(target, signal) {
      const { found, containerId, user } = await locate(target.id, signal).catch((error) => {
        signal.throwIfAborted();
        if (!isMemoirError(error, 'NOT_FOUND')) throw error;
        throw new MemoirError('TARGET_GONE', `the process ${target.id} has ended`, { cause: error });
      });
      if (found.obstacle !== null) throw new MemoirError('TARGET_UNAVAILABLE', found.obstacle);
      const dial =
        (port: number) =>
        (limit: AbortSignal): Promise<Duplex> =>
          engine.exec(
            { container: containerId, user, command: [`/proc/${target.pid}/exe`, ...tunnelFlags, tunnelProgram(port)] },
            limit,
          );
      const { identity, pid } = found.facts;
      const killed = await watchMemoryKills(pid);
      const { port, woken } = await wakeInspector(found, dial, signal);
      const ending = async (): Promise<Ending> => {
        const seen = await localEnding(pid, identity, killed);
        if (seen.how === 'RUNS') return seen;
        // The container's own end, where the process was its first; it may have been removed with it.
        const told = await engine.ending(containerId, AbortSignal.timeout(5000)).catch(() => null);
        if (told === null) return seen;
        const outOfMemory = told.outOfMemory || seen.how === 'OUT_OF_MEMORY';
        return { how: outOfMemory ? 'OUT_OF_MEMORY' : 'EXITED', exitCode: told.exitCode };
      };
      return { identity, woken, dial: dial(port), ending, close: async () => undefined };
    },

    close: async () => undefined,
  };
}

const namespaceOf = (pid: number): Promise<string | null> => readlink(`/proc/${pid}/ns/pid`).catch(() => null);

/** Pid and user as the container counts them: the last of each list (proc(5): NSpid), and the mapped user. */
async function insideOf(pid: number): Promise<{ readonly pid: number; readonly user: string } | null> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'latin1');
    const inner = /^NSpid:.*\s(\d+)$/m.exec(status)?.[1];
    const idOf = (name: 'Uid' | 'Gid') => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    if (inner === undefined) return null;
    const mapped = [await mappedId(pid, 'uid_map', idOf('Uid')), await mappedId(pid, 'gid_map', idOf('Gid'))];
    return { pid: Number(inner), user: mapped.join(':') };
  } catch {
    return null;
  }
}

/** An id of this machine as a user namespace has it (user_namespaces(7)). */
async function mappedId(pid: number, file: 'uid_map' | 'gid_map', id: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/${file}`, 'latin1');
  for (const line of text.trim().split('\n')) {
    const [inside = 0, outside = 0, length = 0] = line.trim().split(/\s+/).map(Number);
    if (id >= outside && id < outside + length) return id - outside + inside;
  }
  return id;
}

async function isTunnel(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
  return (
    command
      .split('\0')
      .slice(1, 1 + tunnelFlags.length)
      .join(' ') === tunnelFlags.join(' ')
  );
}

const hidden = (name: string): MemoirError =>
  new MemoirError('TARGET_UNAVAILABLE', `the processes of the container ${JSON.stringify(name)} cannot be inspected`, {
    hint: 'Run Memoir as root on the engine’s own machine.',
  });
