import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ending } from '../heap-target.ts';
import { readProcess } from './process-facts.ts';

/** A killed process needs a moment to give its memory back, and is there until then. */
const endTimeoutMs = 5000;
const pollMs = 50;

/**
 * Counts the processes that the kernel killed because memory ran out in a process's cgroup, from now on: the answer is true when
 * one was, null where that cannot be told (any more).
 */
export async function watchMemoryKills(pid: number): Promise<() => Promise<boolean | null>> {
  const lines = await readFile(`/proc/${pid}/cgroup`, 'latin1').catch(() => '');
  const files = lines.split('\n').flatMap((line) => {
    const [number, controllers = '', ...rest] = line.split(':');
    const path = rest.join(':');
    // memory.events and memory.oom_control (cgroups(7)): both have a line `oom_kill <count>`.
    if (controllers.split(',').includes('memory')) return [`/sys/fs/cgroup/memory${path}/memory.oom_control`];
    return number === '0' && controllers === '' ? [`/sys/fs/cgroup${path}/memory.events`] : [];
  });
  const count = async (): Promise<number | null> => {
    for (const file of files) {
      const kills = /^oom_kill (\d+)$/m.exec(await readFile(file, 'latin1').catch(() => ''))?.[1];
      if (kills !== undefined) return Number(kills);
    }
    return null;
  };
  const before = await count();
  return async () => {
    const after = await count();
    return before === null || after === null ? null : after > before;
  };
}

/** What became of a process of this machine, as the kernel tells. Its exit code only its parent knows. */
export async function localEnding(
  pid: number,
  identity: string,
  killed: () => Promise<boolean | null>,
): Promise<Ending> {
  const until = performance.now() + endTimeoutMs;
  for (;;) {
    const facts = await readProcess(pid);
    if (facts?.identity !== identity || facts.state === 'Z') break;
    if (performance.now() > until) return { how: 'RUNS', exitCode: null };
    await sleep(pollMs);
  }
  return (await killed()) ? { how: 'OUT_OF_MEMORY', exitCode: 137 } : { how: 'EXITED', exitCode: null };
}
