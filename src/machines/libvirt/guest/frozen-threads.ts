import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a thread must not have moved. A snapshot that is under way holds a thread for milliseconds at a time. */
const standstillMs = 1_000;

/**
 * Whether a thread of the machine's QEMU waits for a page that nobody releases: what an interrupted background snapshot
 * leaves behind before QEMU 8.1. Every status says "running" then, and QEMU may answer nothing; the kernel alone knows.
 * False also where the kernel does not tell: on another host, without the rights, or not on Linux.
 */
export async function hasFrozenThread(machineId: string, proc = '/proc'): Promise<boolean> {
  const pid = await qemuOf(machineId, proc);
  if (pid === null) return false;
  const before = await waitingThreads(join(proc, pid, 'task'));
  if (before.size === 0) return false;
  await sleep(standstillMs);
  const after = await waitingThreads(join(proc, pid, 'task'));
  return [...before].some(([thread, switches]) => after.get(thread) === switches);
}

/** The process whose command line has the machine's UUID, as libvirt starts it (`-uuid UUID`): no name is trusted. */
async function qemuOf(machineId: string, proc: string): Promise<string | null> {
  const wanted = `\0-uuid\0${machineId}\0`;
  const pids = (await namesIn(proc)).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => contentOf(join(proc, pid, 'cmdline'))));
  const at = lines.findIndex((line) => line.includes(wanted));
  return pids[at] ?? null;
}

/** Threads in the kernel's userfault handler (fs/userfaultfd.c), each with how often it has given up its CPU so far. */
async function waitingThreads(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const thread of await namesIn(folder)) {
    // proc(5): the name of the function in the kernel that the thread sleeps in; "0" without the rights.
    if ((await contentOf(join(folder, thread, 'wchan'))) !== 'handle_userfault') continue;
    const [switches] = /^voluntary_ctxt_switches:.*$/m.exec(await contentOf(join(folder, thread, 'status'))) ?? [];
    if (switches !== undefined) found.set(thread, switches);
  }
  return found;
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
/** Empty for what ended meanwhile. */
const contentOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
