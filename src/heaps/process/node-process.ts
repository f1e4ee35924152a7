import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fieldOf } from '../../domain/field.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { getJson } from '../inspector/inspector-socket.ts';
import { type ExecutableKind, nodeLibrary, readExecutable } from './node-executable.ts';
import { listeningPorts, type ProcessFacts, readProcess } from './process-facts.ts';

/** The inspector came with Node 6, its worker threads with 12. */
const oldestMajor = 12;
const wakeTimeoutMs = 10_000;
const pollMs = 25;
const mostRemembered = 1000;

/** A connection to a port on the loopback of a process. */
export type Dial = (port: number) => (signal: AbortSignal) => Promise<Duplex>;

/** How processes are looked at and signalled: from this machine, or from inside of their container. */
export interface ProcessView {
  /** Null if it has ended. */
  facts(pid: number, signal: AbortSignal): Promise<ProcessFacts | null>;
  /** Loopback ports on which it listens. */
  ports(pid: number, signal: AbortSignal): Promise<readonly number[]>;
  /** Sends SIGUSR1, if it is still the same process. */
  signal(facts: ProcessFacts, signal: AbortSignal): Promise<void>;
}

/** This machine's own. */
export const localView: ProcessView = {
  facts: readProcess,
  ports: listeningPorts,
  signal: async ({ pid }) => {
    process.kill(pid, 'SIGUSR1');
  },
};

/** A Node.js process as /proc shows it, whatever container it is in. */
export interface NodeProcess {
  readonly facts: ProcessFacts;
  readonly kind: ExecutableKind;
  /** The script's name without its extension; null where there is none. */
  readonly script: string | null;
  /** Why it cannot be captured; null if nothing of its own is in the way. */
  readonly obstacle: string | null;
}

/** Looks at processes; remembers what each executable is. */
export class NodeProcesses {
  readonly #executables = new Map<string, ExecutableKind>();

  /** What the executable is; null if it may not be read. */
  async executableOf(pid: number): Promise<ExecutableKind | null> {
    try {
      const path = (await nodeLibrary(pid)) ?? `/proc/${pid}/exe`;
      const { dev, ino, size, mtimeMs } = await stat(path);
      const key = `${dev}:${ino}:${size}:${mtimeMs}`;
      let kind = this.#executables.get(key);
      if (kind === undefined) {
        kind = await readExecutable(path);
        if (this.#executables.size >= mostRemembered) this.#executables.clear();
        this.#executables.set(key, kind);
      }
      return kind;
    } catch {
      return null;
    }
  }

  /** Null if it is not Node.js, has ended, or may not be looked at. */
  async look(pid: number): Promise<NodeProcess | null> {
    const kind = await this.executableOf(pid);
    if (!kind?.isNode) return null;
    const facts = await readProcess(pid);
    if (facts === null) return null;
    return nodeProcess(facts, kind);
  }
}

export function nodeProcess(facts: ProcessFacts, kind: ExecutableKind): NodeProcess {
  const script = facts.script === null ? null : basename(facts.script).replace(/\.[cm]?[jt]s$/, '');
  return { facts, kind, script, obstacle: obstacleOf(facts, kind) };
}

/** Why a process cannot be captured, before anything is done to it. */
function obstacleOf(facts: ProcessFacts, kind: ExecutableKind): string | null {
  const major = Number(kind.version?.split('.')[0] ?? oldestMajor);
  if (major < oldestMajor) return `it runs Node.js ${kind.version}; ${oldestMajor} is the oldest that can be captured`;
  if (facts.frozen) return 'its cgroup is frozen (a paused container), so that it cannot answer: resume it first';
  if (facts.state === 'T' || facts.state === 't') return 'it is stopped, so that its inspector cannot answer';
  if (facts.state === 'Z' || facts.state === 'X') return 'it has ended';
  if (facts.signal === 'CAUGHT') return null;
  if (facts.signal === 'BLOCKED') return 'it was started with --disable-sigusr1, so its inspector cannot be woken';
  if (facts.signal === 'IGNORED') return 'it ignores SIGUSR1, so its inspector cannot be woken';
  return 'it does not handle SIGUSR1 and would be ended by it: it was built without the inspector, or is just starting';
}

/** Opens the inspector of a process that was just looked at. Answers its port, and whether it slept. */
export async function wakeInspector(
  { facts }: NodeProcess,
  dial: Dial,
  signal: AbortSignal,
  view: ProcessView = localView,
): Promise<{ readonly port: number; readonly woken: boolean }> {
  const { pid, identity } = facts;
  const open = await inspectorPort(await ports(view, pid, signal), dial, signal);
  if (open !== null) return { port: open, woken: false };
  const others = await ports(view, pid, signal);
  // The last look before the signal: it kills what does not expect it.
  const now = await view.facts(pid, signal);
  if (now?.identity !== identity || now.signal !== 'CAUGHT') {
    throw new MemoirError('TARGET_GONE', `the process ${pid} changed while it was looked at`);
  }
  try {
    await view.signal(now, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new MemoirError('TARGET_UNAVAILABLE', `the process ${pid} may not be signalled`, {
      cause,
      hint: 'Run Memoir as the same user as the process, or as root.',
    });
  }
  const until = performance.now() + wakeTimeoutMs;
  while (performance.now() < until) {
    const listening = (await ports(view, pid, signal)).filter((port) => !others.includes(port));
    const port = await inspectorPort(listening, dial, signal);
    if (port !== null) return { port, woken: true };
    if ((await view.facts(pid, signal)) === null) throw new MemoirError('TARGET_GONE', `the process ${pid} ended`);
    await sleep(pollMs, undefined, { signal });
  }
  throw new MemoirError('TARGET_UNAVAILABLE', 'the process did not open its inspector after SIGUSR1', {
    hint: 'It may handle SIGUSR1 itself, be busy, or another process may hold port 9229: start it with --inspect-port=0.',
  });
}

/** None if they may not be looked at. */
async function ports(view: ProcessView, pid: number, signal: AbortSignal): Promise<readonly number[]> {
  const found = await view.ports(pid, signal).catch(() => []);
  signal.throwIfAborted();
  return found;
}

/** The one of these ports where an inspector of Node.js answers; null if it sleeps. */
async function inspectorPort(listening: readonly number[], dial: Dial, signal: AbortSignal): Promise<number | null> {
  for (const port of listening) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(2000)]);
    const answer = await getJson({ dial: dial(port) }, '/json/version', limit).catch(() => null);
    const browser = fieldOf(answer, 'Browser');
    if (typeof browser === 'string' && browser.startsWith('node.js/')) return port;
  }
  signal.throwIfAborted();
  return null;
}
