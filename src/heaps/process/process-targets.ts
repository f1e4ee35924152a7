import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { HeapTarget, HeapTargets } from '../heap-target.ts';
import { localEnding, watchMemoryKills } from './memory-kills.ts';
import { type Dial, type NodeProcess, NodeProcesses, wakeInspector } from './node-process.ts';
import { allProcesses, readProcess, sharesNetwork } from './process-facts.ts';

/** The Node.js processes of this machine that share its network. */
export function createProcessTargets(): HeapTargets {
  const processes = new NodeProcesses();

  async function look(pid: number): Promise<{ target: HeapTarget; found: NodeProcess } | null> {
    const found = await processes.look(pid);
    if (found === null) return null;
    const elsewhere =
      (await sharesNetwork(pid)) === false
        ? 'it runs in a network of its own, as in a container: capture it through its container engine'
        : null;
    const target: HeapTarget = {
      id: `process:${pid}`,
      kind: 'process',
      name: found.script ?? `node ${pid}`,
      pid,
      nodeVersion: found.kind.version,
      command: found.facts.command,
      container: null,
      obstacle: elsewhere ?? found.obstacle,
    };
    return { target, found };
  }

  async function list(signal: AbortSignal): Promise<HeapTarget[]> {
    const targets: HeapTarget[] = [];
    for (const pid of await allProcesses()) {
      signal.throwIfAborted();
      const seen = pid === process.pid ? null : await look(pid);
      if (seen !== null) targets.push(seen.target);
    }
    return targets;
  }

  async function findPid(pid: number): Promise<HeapTarget> {
    if ((await readProcess(pid)) === null) throw new MemoirError('NOT_FOUND', `there is no process ${pid}`);
    if (pid === process.pid) throw new MemoirError('TARGET_UNAVAILABLE', 'this server cannot capture itself');
    const kind = await processes.executableOf(pid);
    if (kind === null) {
      throw new MemoirError('TARGET_UNAVAILABLE', `the executable of process ${pid} may not be read`, {
        hint: 'Run Memoir as the same user as the process, or as root.',
      });
    }
    if (!kind.isNode) {
      const what = kind.other === null ? 'not Node.js' : `${kind.other}, not Node.js`;
      throw new MemoirError('TARGET_UNAVAILABLE', `the process ${pid} is ${what}`);
    }
    const seen = await look(pid);
    if (seen === null) throw new MemoirError('TARGET_GONE', `the process ${pid} has ended`);
    return seen.target;
  }

  return {
    kind: 'process',
    list: (signal) => list(signal),

    async find(reference, signal) {
      const pid = /^(?:process:)?(\d{1,10})$/.exec(reference)?.[1];
      if (pid !== undefined) return findPid(Number(pid));
      const named = (await list(signal)).filter(({ name }) => name === reference);
      const [only, ...others] = named;
      if (only !== undefined && others.length === 0) return only;
      const quoted = JSON.stringify(reference);
      if (named.length === 0) throw new MemoirError('NOT_FOUND', `no Node.js process is called ${quoted}`);
      throw new MemoirError('BAD_INPUT', `${named.length} processes are called ${quoted}: name one by its pid`, {
        details: { candidates: named.map(({ id }) => id) },
      });
    },

    async wake(target, signal) {
      const seen = await look(target.pid);
      if (seen === null) throw new MemoirError('TARGET_GONE', `the process ${target.pid} has ended`);
      if (seen.target.obstacle !== null) throw new MemoirError('TARGET_UNAVAILABLE', seen.target.obstacle);
      const { identity } = seen.found.facts;
      const killed = await watchMemoryKills(target.pid);
      const { port, woken } = await wakeInspector(seen.found, dialLoopback, signal);
      return {
        identity,
        woken,
        dial: dialLoopback(port),
        ending: () => localEnding(target.pid, identity, killed),
        close: async () => undefined,
      };
    },

    close: async () => undefined,
  };
}

const dialLoopback: Dial =
  (port) =>
  (signal): Promise<Duplex> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const socket = connect({ host: '127.0.0.1', port });
      socket.setNoDelay(true);
      // Only while it connects: a cancelled capture still needs its connection to put the process right.
      const abort = () => socket.destroy(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      socket.once('close', () => signal.removeEventListener('abort', abort));
      socket.once('connect', () => {
        signal.removeEventListener('abort', abort);
        socket.off('error', reject);
        resolve(socket);
      });
      socket.once('error', reject);
    });
