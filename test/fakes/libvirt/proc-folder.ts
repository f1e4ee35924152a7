import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../temporary-folder.ts';

// As libvirt 9.0 starts QEMU 7.2 (from /proc of the bench), cut short.
const commandLine = (id: string): string =>
  ['/usr/bin/qemu-system-x86_64', '-name', 'guest=old', '-uuid', id, '-no-user-config', ''].join('\0');

/** Where a thread sleeps, and how often it has slept so far. */
export interface ProcThread {
  readonly wchan: string;
  readonly switches: number;
}

/** A thread in the kernel's userfault handler, which does not move: that of a frozen guest. */
export const waiting: ProcThread = { wchan: 'handle_userfault', switches: 118 };

/** A /proc with one process, which runs the machine of that id, and its threads. */
export function procOf(id: string, threads: Record<string, ProcThread>): string {
  const proc = temporaryFolder();
  mkdirSync(join(proc, '42'));
  mkdirSync(join(proc, 'sys'));
  writeFileSync(join(proc, '42', 'cmdline'), commandLine(id));
  for (const [thread, one] of Object.entries(threads)) setThread(proc, thread, one);
  return proc;
}

export function setThread(proc: string, thread: string, { wchan, switches }: ProcThread): void {
  const folder = join(proc, '42', 'task', thread);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'wchan'), wchan);
  const status = `Name:\tqemu\nvoluntary_ctxt_switches:\t${switches}\nnonvoluntary_ctxt_switches:\t7\n`;
  writeFileSync(join(folder, 'status'), status);
}
