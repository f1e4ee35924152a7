import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDockerTargets } from '../../src/heaps/docker/docker-targets.ts';
import { createEngineApi } from '../../src/heaps/docker/engine-api.ts';
import { heapTargetsSuite } from '../contracts/heap-targets.ts';
import { openHeapWorld } from '../fakes/heap-world.ts';
import { startLeakingService } from '../fakes/leaking-service.ts';
import { type FakePodman, startPodman } from '../fakes/podman-engine.ts';

async function startContainer(podman: FakePodman, name: string, flags: readonly string[] = []) {
  const service = await startLeakingService({ name: `leaky-${name}`, flags, isolated: true });
  const state = { pid: service.pid, exitCode: 0, outOfMemory: false };
  podman.containers.set(name, state);
  return {
    reference: name,
    pid: service.pid,
    filter: {},
    state,
    say: (line: string) => service.say(line),
    async kill() {
      const gone = once(service.process, 'exit');
      process.kill(service.pid, 'SIGKILL');
      await gone;
      state.pid = 0;
    },
    written: async () => [],
  };
}

heapTargetsSuite('containers of Podman', async () => {
  const podman = await startPodman();
  return {
    targets: createDockerTargets(createEngineApi(podman.socket)),
    nobody: 'docker:nobody',
    environment: { DOCKER_SOCKET: podman.socket },
    start: (name, flags) => startContainer(podman, name, flags),
    async close() {
      expect(podman.violations).toEqual([]);
      expect(podman.running.size).toBe(0);
      await podman.close();
    },
  };
});

describe('a container', () => {
  it('that its engine says was killed for its memory ends the capture with that', async () => {
    const podman = await startPodman();
    onTestFinished(() => podman.close());
    const service = await startContainer(podman, 'killed');
    const targets = createDockerTargets(createEngineApi(podman.socket));
    const { heaps, operations } = await openHeapWorld({ targets });
    const started = await heaps.capture({ target: 'killed' }, 'tester');
    for await (const { operation } of await operations.watchProgress({ ids: [started.id] })) {
      if (operation.phase === 'capturing') break;
    }
    Object.assign(service.state, { exitCode: 137, outOfMemory: true });
    await service.kill();
    expect((await operations.settled(started.id)).error).toMatchObject({
      code: 'TARGET_OUT_OF_MEMORY',
      details: { exitCode: 137 },
    });
  });
});
