import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createProcessTargets } from '../../src/heaps/process/process-targets.ts';
import { freeze, makeCgroup } from '../fakes/cgroup.ts';
import { startLeakingService } from '../fakes/leaking-service.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const { signal } = new AbortController();

/** A program that sleeps, with what an executable of that runtime has in it: large, and with its marks. */
function startPretender(name: string, ...marks: string[]): number {
  const path = join(temporaryFolder(), name);
  copyFileSync('/bin/sleep', path);
  appendFileSync(path, Buffer.alloc(9 * 1024 * 1024));
  appendFileSync(path, marks.join('\0'));
  chmodSync(path, 0o755);
  const child = spawn(path, ['600'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child.pid as number;
}

describe('a process that cannot be captured', () => {
  const targets = createProcessTargets();

  it.each([
    ['Bun', 'bun.report/'],
    ['Deno', 'deno.land/'],
  ])('is named when it is %s, and left alone', async (name, mark) => {
    const pid = startPretender(name, mark);
    await expect(targets.find(String(pid), signal)).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      message: `the process ${pid} is ${name}, not Node.js`,
    });
    expect((await targets.list(signal)).map((one) => one.pid)).not.toContain(pid);
  });

  it.each([
    ['older than 12', 'nodejs.org/download/release/v10.24.1', /Node.js 10.24.1; 12 is the oldest/],
    [
      'built without its inspector',
      'nodejs.org/download/release/v24.1.0',
      /does not handle SIGUSR1 and would be ended by it/,
    ],
  ])('says so when its Node.js is %s, and is sent nothing', async (_, release, obstacle) => {
    const pid = startPretender('node', '_ZN4node5Start', release);
    const target = await targets.find(String(pid), signal);
    expect(target.obstacle).toMatch(obstacle);
    await expect(targets.wake(target, signal)).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    expect(process.kill(pid, 0)).toBe(true);
  });

  it('says so when it is stopped', async () => {
    const service = await startLeakingService();
    process.kill(service.pid, 'SIGSTOP');
    await expect.poll(async () => (await targets.find(String(service.pid), signal)).obstacle).toMatch(/it is stopped/);
    process.kill(service.pid, 'SIGCONT');
    expect(await service.say('1')).toBe('1');
  });

  it('says so when its cgroup is frozen, as that of a paused container', async (context) => {
    const cgroup = makeCgroup('freezer');
    if (cgroup === null) return context.skip('no cgroup may be made here');
    const service = await startLeakingService();
    appendFileSync(join(cgroup.path, 'cgroup.procs'), String(service.pid));
    freeze(cgroup, true);
    onTestFinished(() => freeze(cgroup, false));
    const frozen = await targets.find(String(service.pid), signal);
    expect(frozen.obstacle).toMatch(/its cgroup is frozen/);
    await expect(targets.wake(frozen, signal)).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    freeze(cgroup, false);
    expect(await targets.find(String(service.pid), signal)).toMatchObject({ obstacle: null });
    expect(await service.say('1')).toBe('1');
  });

  it('says so when this server has no right to look at it', async (context) => {
    if (process.geteuid?.() !== 0) return context.skip('only root can start a server of another user');
    const service = await startLeakingService();
    const program = `
      const { createProcessTargets } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/heaps/process/process-targets.ts'))});
      await createProcessTargets().find('${service.pid}', new AbortController().signal).catch(({ code, message, hint }) =>
        console.log(JSON.stringify({ code, message, hint })));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], { uid: 65_534, gid: 65_534 });
    expect(JSON.parse(said.toString())).toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      message: `the executable of process ${service.pid} may not be read`,
      hint: 'Run Memoir as the same user as the process, or as root.',
    });
    expect(await service.say('1')).toBe('1');
  });
});
