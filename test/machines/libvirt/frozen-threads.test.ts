import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { hasFrozenThread } from '../../../src/machines/libvirt/guest/frozen-threads.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const uuid = '869f750d-8425-4a7c-85f4-cdabc121ff8b';
// As libvirt 9.0 starts QEMU 7.2 (from /proc of the bench), cut short.
const commandLine = (id: string): string =>
  ['/usr/bin/qemu-system-x86_64', '-name', 'guest=old', '-uuid', id, '-no-user-config', ''].join('\0');

/** A /proc with one process and its threads: where each sleeps, and how often it has slept so far. */
function procOf(id: string, threads: Record<string, { wchan: string; switches: number }>): string {
  const proc = temporaryFolder();
  mkdirSync(join(proc, '42'));
  mkdirSync(join(proc, 'sys'));
  writeFileSync(join(proc, '42', 'cmdline'), commandLine(id));
  for (const [thread, one] of Object.entries(threads)) sets(proc, thread, one);
  return proc;
}

function sets(proc: string, thread: string, { wchan, switches }: { wchan: string; switches: number }): void {
  const folder = join(proc, '42', 'task', thread);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'wchan'), wchan);
  const status = `Name:\tqemu\nvoluntary_ctxt_switches:\t${switches}\nnonvoluntary_ctxt_switches:\t7\n`;
  writeFileSync(join(folder, 'status'), status);
}

const polls = { wchan: 'poll_schedule_timeout.constprop.0', switches: 9 };
const waits = { wchan: 'handle_userfault', switches: 118 };

describe('a guest', () => {
  it('is frozen if one of its threads waits for a page and does not move', async () => {
    expect(await hasFrozenThread(uuid, procOf(uuid, { 42: polls, 43: waits }))).toBe(true);
  });

  it('is not frozen if its threads wait elsewhere, or the kernel does not say where', async () => {
    expect(await hasFrozenThread(uuid, procOf(uuid, { 42: polls, 43: { wchan: '0', switches: 1 } }))).toBe(false);
  });

  it('is not frozen if it waits for page after page: a snapshot is under way', async () => {
    const proc = procOf(uuid, { 42: waits });
    const asked = hasFrozenThread(uuid, proc);
    await sleep(300);
    sets(proc, '42', { ...waits, switches: waits.switches + 1 });
    expect(await asked).toBe(false);
  });

  it('is not frozen because another one is, or because there is no such folder', async () => {
    const other = uuid.replace('8', '9');
    expect(await hasFrozenThread(uuid, procOf(other, { 43: waits }))).toBe(false);
    expect(await hasFrozenThread(uuid, '/nonexistent')).toBe(false);
  });
});
