import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDockerTargets } from '../../src/heaps/docker/docker-targets.ts';
import { createEngineApi } from '../../src/heaps/docker/engine-api.ts';
import type { Heaps } from '../../src/heaps/heaps.ts';
import type { Operations } from '../../src/operations/operations.ts';
import { heapTargetsSuite } from '../contracts/heap-targets.ts';
import { startDockerEngine, type TestEngine } from '../fakes/docker-engine.ts';
import { openHeapWorld } from '../fakes/heap-world.ts';
import { lacks } from '../system.ts';

const node = '/nodejs/bin/node';
const leaky = [node, '/app/leaky.cjs'];
const { signal } = new AbortController();

/** What a container has running, and what was written into it. */
function traces(engine: TestEngine, name: string): { readonly processes: string[]; readonly written: string[] } {
  const [, ...lines] = engine.docker('top', name, '-eo', 'pid,args').trim().split('\n');
  const written = engine.docker('diff', name).split('\n').filter(Boolean);
  return { processes: lines.map((line) => line.trim().replace(/^\d+\s+/, '')), written };
}

async function pair(heaps: Heaps, operations: Operations, target: string, between: () => Promise<unknown>) {
  const started = await heaps.capture({ target, waitsSec: [0.5] }, 'tester');
  for await (const { operation } of await operations.watchProgress({ ids: [started.id] })) {
    if (operation.phase === 'waiting') break;
  }
  await between();
  const done = await operations.settled(started.id);
  expect(done.error).toBe(null);
  const [before, after] = (await heaps.sessions({ limit: 50 })).find(({ id }) => id === started.id)?.captures ?? [];
  return heaps.diff(before?.id ?? '', after?.id ?? '');
}

describe.skipIf(lacks('dockerd', 'docker', 'busybox'))('containers of a Docker engine', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startDockerEngine();
  }, 120_000);
  afterAll(() => engine?.close(), 60_000);
  const targets = () => createDockerTargets(createEngineApi(engine.socket));

  heapTargetsSuite('containers of a Docker engine', async () => ({
    targets: targets(),
    nobody: 'docker:nobody',
    environment: { DOCKER_SOCKET: engine.socket },
    async start(name, flags = []) {
      const service = await engine.run(`suite-${name}`, 'memoir-distroless', [], [node, ...flags, '/app/leaky.cjs']);
      return {
        reference: `suite-${name}`,
        pid: Number(engine.docker('inspect', '--format', '{{.State.Pid}}', `suite-${name}`)),
        filter: {},
        say: (line) => service.say(line),
        async kill() {
          engine.docker('kill', `suite-${name}`);
          await service.gone;
        },
        written: async () => engine.docker('diff', `suite-${name}`).split('\n').filter(Boolean),
      };
    },
    close: async () => undefined,
  }));

  it.each([
    ['without a shell or node in the PATH, as another user', 'memoir-distroless', ['--user', '1234:1234'], leaky],
    [
      'read-only, without capabilities, with a shell as its first process',
      'memoir-shell',
      ['--read-only', '--cap-drop', 'ALL'],
      ['/bin/sh', '-c', `${leaky.join(' ')}; true`],
    ],
  ])(
    'give a pair that names the leak: %s',
    async (_, image, flags, command) => {
      const name = `pair-${image}`;
      const service = await engine.run(name, image, flags, command);
      const { heaps, operations } = await openHeapWorld({ targets: targets() });
      const before = traces(engine, name);
      await service.say('500');
      const diff = await pair(heaps, operations, name, () => service.say('1234'));
      expect(diff.comparedBy).toBe('IDENTITY');
      expect(diff.suspects[0]).toMatchObject({
        name: 'Session',
        count: 1234,
        holder: '`Map` in `SessionStore.sessions`',
      });
      // Nothing of ours is left: no program, no file, no open inspector.
      expect(traces(engine, name)).toEqual(before);
      expect(await service.say('0')).toBe('1734');
      engine.docker('kill', name);
    },
    120_000,
  );

  it('with several processes are asked which one is meant', async () => {
    const idle = `${node} -e 'setInterval(() => 0, 1000)' &`;
    const command = ['/bin/sh', '-c', `${idle} ${idle} ${leaky.join(' ')}; true`];
    const service = await engine.run('several', 'memoir-shell', [], command);
    const { heaps, operations } = await openHeapWorld({ targets: targets() });
    const refused = await heaps.capture({ target: 'several' }, 'tester').catch((error) => error);
    expect(refused).toMatchObject({ code: 'BAD_INPUT' });
    expect(refused.details.candidates).toHaveLength(3);
    const listed = (await heaps.targets({}, signal)).targets.filter(({ name }) => name === 'several');
    const meant = listed.find(({ command: text }) => text.includes('leaky')) as { id: string };
    const diff = await pair(heaps, operations, meant.id, () => service.say('77'));
    expect(diff.classes.find((row) => row.name === 'Session')).toMatchObject({ newCount: 77 });
    engine.docker('kill', 'several');
  }, 120_000);

  it('that are not there, or run no Node.js, are named so', async () => {
    const { heaps } = await openHeapWorld({ targets: targets() });
    await expect(heaps.capture({ target: 'docker:nobody' }, 'tester')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const unreachable = createDockerTargets(createEngineApi('/nowhere/docker.sock'));
    await expect(unreachable.list(signal)).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
  });

  it('that are paused say so, and can be captured when they go on', async () => {
    const service = await engine.run('paused', 'memoir-distroless', [], leaky);
    engine.docker('pause', 'paused');
    const paused = await targets().find('paused', signal);
    expect(paused.obstacle).toMatch(/its cgroup is frozen/);
    await expect(targets().wake(paused, signal)).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    engine.docker('unpause', 'paused');
    expect((await targets().find('paused', signal)).obstacle).toBe(null);
    expect(await service.say('1')).toBe('1');
    engine.docker('kill', 'paused');
  }, 120_000);

  // A limit needs a cgroup of memory; a machine without one runs the rest.
  const limits = () => /^Memory Limit: true|"MemoryLimit":true/m.test(engine.docker('info', '--format', '{{json .}}'));

  it('with a tight memory limit are refused with the figures, and live', async (context) => {
    if (!limits()) context.skip();
    const service = await engine.run('tight', 'memoir-distroless', ['--memory', '120m'], leaky);
    await service.say('100000');
    const { heaps, operations } = await openHeapWorld({ targets: targets() });
    const options = await heaps.options('tight', signal);
    expect(options).toMatchObject({ enough: false, limitedBy: 'cgroup' });
    const started = await heaps.capture({ target: 'tight' }, 'tester');
    const { error } = await operations.settled(started.id);
    expect(error).toMatchObject({ code: 'TARGET_MEMORY' });
    expect(error?.message).toMatch(/may need \d+ MB, and its memory limit leaves \d+ MB/);
    expect(await service.say('0')).toBe('100000');
    const forced = await heaps.capture({ target: 'tight', force: true }, 'tester');
    expect((await operations.settled(forced.id)).error).toMatchObject({
      code: 'TARGET_OUT_OF_MEMORY',
      message: expect.stringMatching(/killed the process for its memory .*as was to be feared/),
    });
    await service.gone;
  }, 120_000);
});
