import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { hasFrozenThread } from '../../../src/machines/libvirt/guest/frozen-threads.ts';
import { fakeTime, passing } from '../../fakes/fake-time.ts';
import { procOf, setThread, waiting } from '../../fakes/libvirt/proc-folder.ts';

const uuid = '869f750d-8425-4a7c-85f4-cdabc121ff8b';
const polls = { wchan: 'poll_schedule_timeout.constprop.0', switches: 9 };

/** Until the first look is over and the second is waited for. */
async function firstLook(): Promise<void> {
  while (vi.getTimerCount() === 0) await new Promise((turn) => setImmediate(turn));
}

describe('a guest', () => {
  it('is frozen if one of its threads waits for a page and does not move for a second', async () => {
    fakeTime();
    expect(await passing(hasFrozenThread(uuid, procOf(uuid, { 42: polls, 43: waiting })))).toBe(true);
    expect(performance.now()).toBe(1_000);
  });

  it('is frozen by one such thread, whatever the others do', async () => {
    fakeTime();
    const proc = procOf(uuid, { 42: waiting, 43: waiting });
    const asked = hasFrozenThread(uuid, proc);
    await firstLook();
    setThread(proc, '42', { ...waiting, switches: waiting.switches + 1 });
    expect(await passing(asked)).toBe(true);
  });

  it('is not frozen if its threads wait elsewhere, or the kernel does not say where: then nobody waits', async () => {
    fakeTime();
    const threads = { 42: polls, 43: { wchan: '0', switches: 1 } };
    expect(await passing(hasFrozenThread(uuid, procOf(uuid, threads)))).toBe(false);
    expect(performance.now()).toBe(0);
  });

  it('is not frozen if the kernel does not say how often a thread has slept', async () => {
    fakeTime();
    const proc = procOf(uuid, { 42: waiting });
    writeFileSync(join(proc, '42', 'task', '42', 'status'), 'Name:\tqemu\n');
    expect(await passing(hasFrozenThread(uuid, proc))).toBe(false);
  });

  it('is not frozen if it waits for page after page: a snapshot is under way', async () => {
    fakeTime();
    const proc = procOf(uuid, { 42: waiting });
    const asked = hasFrozenThread(uuid, proc);
    await firstLook();
    setThread(proc, '42', { ...waiting, switches: waiting.switches + 1 });
    expect(await passing(asked)).toBe(false);
  });

  it('is not frozen if it ends meanwhile', async () => {
    fakeTime();
    const proc = procOf(uuid, { 42: waiting });
    const asked = hasFrozenThread(uuid, proc);
    await firstLook();
    rmSync(join(proc, '42'), { recursive: true });
    expect(await passing(asked)).toBe(false);
  });

  it('is not frozen because another one is, or because there is no such folder', async () => {
    fakeTime();
    const other = uuid.replace('8', '9');
    expect(await passing(hasFrozenThread(uuid, procOf(other, { 43: waiting })))).toBe(false);
    expect(await passing(hasFrozenThread(uuid, '/nonexistent'))).toBe(false);
  });

  it('is the process that libvirt started with its UUID, not what only names it', async () => {
    fakeTime();
    const proc = procOf(uuid.replace('8', '9'), { 43: waiting });
    const named = join(proc, '42', 'cmdline');
    writeFileSync(named, ['grep', uuid, ''].join('\0'));
    mkdirSync(join(proc, '7x'));
    writeFileSync(join(proc, '7x', 'cmdline'), ['qemu', '-uuid', uuid, ''].join('\0'));
    expect(await passing(hasFrozenThread(uuid, proc))).toBe(false);
  });
});
