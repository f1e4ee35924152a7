import { appendFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A cgroup of the test's own, whichever version this machine has; null where none may be made. Gone when the test is over. */
export function makeCgroup(kind: 'memory' | 'freezer'): { readonly path: string; readonly v2: boolean } | null {
  const root = '/sys/fs/cgroup';
  const v2 = existsSync(join(root, 'cgroup.controllers'));
  const path = join(v2 ? root : join(root, kind), `memoir-test-${process.pid}-${kind}`);
  try {
    if (v2 && kind === 'memory') writeFileSync(join(root, 'cgroup.subtree_control'), '+memory');
    mkdirSync(path);
    if (!existsSync(join(path, 'cgroup.procs'))) throw new Error('not a cgroup');
  } catch {
    return null;
  }
  onTestFinished(async () => {
    const processes = () => readFileSync(join(path, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean).map(Number);
    for (const pid of processes()) process.kill(pid, 'SIGKILL');
    while (processes().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    rmdirSync(path);
  });
  return { path, v2 };
}

/** Puts a process under a limit of memory; what it has already is not counted. */
export function limitMemory({ path, v2 }: { readonly path: string; readonly v2: boolean }, pid: number, bytes: number) {
  writeFileSync(join(path, v2 ? 'memory.max' : 'memory.limit_in_bytes'), String(bytes));
  const swap = join(path, v2 ? 'memory.swap.max' : 'memory.memsw.limit_in_bytes');
  if (existsSync(swap)) writeFileSync(swap, v2 ? '0' : String(bytes));
  appendFileSync(join(path, 'cgroup.procs'), String(pid));
}

/** Freezes what is in it, as `docker pause` does. */
export function freeze({ path, v2 }: { readonly path: string; readonly v2: boolean }, frozen: boolean): void {
  if (v2) writeFileSync(join(path, 'cgroup.freeze'), frozen ? '1' : '0');
  else writeFileSync(join(path, 'freezer.state'), frozen ? 'FROZEN' : 'THAWED');
}
