import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { HeapTargets } from '../../src/heaps/heap-target.ts';
import { createProcessTargets } from '../../src/heaps/process/process-targets.ts';
import { memoir } from '../fakes/command-line.ts';
import { openHeapWorld } from '../fakes/heap-world.ts';
import { startLeakingService } from '../fakes/leaking-service.ts';
import { startTestServer } from '../fakes/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

const container = 'd71ae883f659';

/** A process of this host under a container's name: what the engine itself does is tested elsewhere. */
function containerOf(pid: number): HeapTargets {
  const inner = createProcessTargets();
  return {
    kind: 'docker',
    list: async () => [],
    async find(reference, signal) {
      if (!reference.startsWith(`docker:${container}`))
        throw new MemoirError('NOT_FOUND', `there is no container ${reference}`);
      return {
        ...(await inner.find(String(pid), signal)),
        id: `docker:${container}:${pid}`,
        kind: 'docker',
        container,
      };
    },
    wake: (target, signal) => inner.wake({ ...target, id: `process:${pid}`, kind: 'process' }, signal),
    close: () => inner.close(),
  };
}

/** A folder of one's own, a server that reaches the container, and the old tool's command. */
async function start() {
  const service = await startLeakingService();
  const world = await openHeapWorld({ targets: containerOf(service.pid) });
  const { heaps, operations } = world;
  const server = await startTestServer({ wrap: (services) => ({ ...services, heaps, operations }) });
  const [before, folder] = [process.cwd(), temporaryFolder()];
  process.chdir(folder);
  onTestFinished(() => process.chdir(before));
  const runWith = (more: Parameters<typeof memoir>[2], ...args: string[]) =>
    memoir(server.url, ['zupee-memwatch', ...args], more);
  const run = (...args: string[]) => runWith({}, ...args);
  /** Resolves when the first snapshot is stored and the wait has begun. */
  const waiting = () =>
    expect
      .poll(async () => (await operations.page({ limit: 1 })).operations[0]?.phase, { timeout: 50_000 })
      .toBe('waiting');
  return { service, operations, run, runWith, waiting, folder };
}

// Each takes two snapshots of a real process: seconds, and more beside other work.
describe('the old command zupee-memwatch', { timeout: 180_000 }, () => {
  it('captures a container before and after a wait (H1, H6, H7), names files and session as ever (H4), uploads both (H8)', async () => {
    const { service, operations, run, folder } = await start();
    const dashboard = await startTestServer();
    const done = run('capture', '--container-id', container, '--timeframe', '0.01', '--dashboard-url', dashboard.url);
    const { code, out, told } = await done;
    expect(told).toMatch(/⏱️ {2}Waiting 0\.01 minutes before taking after snapshot\.\.\./);
    expect(told).toContain(`Uploaded both to ${dashboard.url}`);
    expect(code).toBe(0);
    const names = readdirSync(join(folder, 'snapshots', container)).sort();
    const name = (phase: string) =>
      expect.stringMatching(
        new RegExp(
          `^session_${container}_\\d{13}_${phase}_\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d-\\d{3}Z\\.heapsnapshot$`,
        ),
      );
    expect(names).toEqual([name('after'), name('before')]);
    expect(out.split('\n').filter(Boolean).sort()).toEqual(names.map((one) => join('snapshots', container, one)));
    // The heap of the service's own process: a new process would know nothing of its classes.
    expect(JSON.parse(readFileSync(join(folder, 'snapshots', container, names[0] ?? ''), 'utf8')).strings).toContain(
      'SessionStore',
    );
    const [session] = await dashboard.services.heaps.sessions({ limit: 5 });
    expect(session).toMatchObject({
      service: container,
      captures: [
        { index: 0, container },
        { index: 1, container },
      ],
    });
    expect(await service.say('0')).toBe('0');
    expect((await operations.page({ limit: 5 })).operations).toMatchObject([{ state: 'COMPLETED' }]);
  });

  it('says in its old words where it failed (H9), and leaves no partial file', async () => {
    const { run, folder } = await start();
    const unknown = await run('capture', '--container-id', 'other', '--timeframe', '0');
    expect(unknown).toMatchObject({
      code: 1,
      told: expect.stringContaining('❌ Failed during initial snapshot capture'),
    });
    expect(existsSync(join(folder, 'snapshots'))).toBe(false);
  });

  it('tells the time left, ends with Ctrl-C while it waits, says so, and lets the service go on (H7, H9)', async () => {
    const { service, operations, runWith, waiting } = await start();
    const interrupt = new AbortController();
    let told = '';
    const onTell = (text: string): void => {
      told += text;
    };
    const more = { signal: interrupt.signal, onTell };
    const done = runWith(more, 'capture', '--container-id', container, '--timeframe', '60');
    await waiting();
    // Told every half minute.
    if (thorough) await expect.poll(() => told, { timeout: 90_000 }).toMatch(/^⏳ 59\.\d minutes remaining\.\.\.$/m);
    interrupt.abort();
    expect(await done).toMatchObject({ code: 1, told: expect.stringContaining('❌ Interrupted during wait period') });
    const [operation] = (await operations.page({ limit: 1 })).operations;
    expect((await operations.settled(operation?.id ?? '')).state).toBe('CANCELLED');
    expect(await service.say('0')).toBe('0');
  });

  it('keeps the first snapshot where the service ends during the wait (H9)', async () => {
    const { service, run, waiting, folder } = await start();
    const done = run('capture', '--container-id', container, '--timeframe', '0.03');
    await waiting();
    service.process.kill('SIGKILL');
    expect(await done).toMatchObject({
      code: 1,
      told: expect.stringContaining('❌ Failed during final snapshot capture'),
    });
    expect(readdirSync(join(folder, 'snapshots', container))).toEqual([
      expect.stringMatching(/_before_.*Z\.heapsnapshot$/),
    ]);
  });

  it('takes a flag before the environment, and the environment before its defaults (H3)', async () => {
    const { runWith, folder } = await start();
    const dashboard = await startTestServer();
    const memwatch = { dashboardUrl: dashboard.url, sessionId: 'custom-session-name', strategy: 'lxc' };
    const capture = ['capture', '--container-id', container, '--timeframe', '0'];
    expect((await runWith({ memwatch }, ...capture)).told).toMatch(/strategy "lxc" is not supported/);
    expect(await runWith({ memwatch }, ...capture, '--strategy', 'docker')).toMatchObject({
      code: 0,
      told: expect.stringContaining(`Uploaded both to ${dashboard.url}`),
    });
    for (const name of readdirSync(join(folder, 'snapshots', container)))
      expect(name).toMatch(/^custom-session-name_(before|after)_/);
  });

  it('understands the commands that the old manual prints: minimal, full, pod, weekly loop, CI (H12)', async () => {
    const { run } = await start();
    const printed = [
      'capture --container-id other --timeframe 3',
      'capture --container-id other --timeframe 5 --strategy docker --service-name my-service --dashboard-url https://analysis.example.com',
      'capture --container-id service-a-pod --timeframe 5',
      'capture --container-id my-pod --timeframe 5 --strategy k8s --namespace production',
    ];
    // Nothing of these names runs here: each gets as far as looking for it.
    for (const line of printed)
      expect((await run(...line.split(' '))).told, line).toContain('❌ Failed during initial snapshot capture');
  });

  it('keeps both files where the upload fails (H9)', async () => {
    const { run, folder } = await start();
    const nowhere = ['--dashboard-url', 'http://127.0.0.1:9/'];
    const upload = await run('capture', '--container-id', container, '--timeframe', '0', ...nowhere);
    expect(upload).toMatchObject({ code: 1, told: expect.stringContaining('❌ Failed during dashboard upload') });
    // What was captured is here, complete.
    for (const name of readdirSync(join(folder, 'snapshots', container)))
      expect(JSON.parse(readFileSync(join(folder, 'snapshots', container, name), 'utf8')).strings).toContain('Session');
  });

  it('refuses what it cannot do, and points from analyze to where that is done now (H11)', async () => {
    const { run } = await start();
    const analyze = await run('analyze', '--before', './a.heapsnapshot', '--after', './b.heapsnapshot');
    expect(analyze.code).not.toBe(0);
    expect(analyze.told).toMatch(/screen Heaps, or with memoir heap diff/);
    expect((await run('capture', '--container-id', container)).told).toMatch(/--timeframe/);
    expect((await run('capture', '--container-id', container, '--timeframe', 'soon')).told).toMatch(
      /number of minutes/,
    );
    expect((await run('capture', '--container-id', container, '--timeframe', '1', '--strategy', 'lxc')).told).toMatch(
      /--strategy docker/,
    );
  });

  it('writes its own heap to a file (H2)', async () => {
    const { run, folder } = await start();
    expect((await run('snapshot', '--output', './heap.heapsnapshot')).code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'heap.heapsnapshot'), 'utf8')).snapshot.node_count).toBeGreaterThan(
      1000,
    );
  });
});
