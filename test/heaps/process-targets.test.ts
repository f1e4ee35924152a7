import { once } from 'node:events';
import { createProcessTargets } from '../../src/heaps/process/process-targets.ts';
import { heapTargetsSuite } from '../contracts/heap-targets.ts';
import { startLeakingService } from '../fakes/leaking-service.ts';

heapTargetsSuite('processes of this machine', async () => ({
  targets: createProcessTargets(),
  nobody: '4194304',
  environment: {},
  async start(name, flags = []) {
    const service = await startLeakingService({ name: `leaky-${name}-${process.pid}`, flags });
    return {
      reference: String(service.pid),
      pid: service.pid,
      filter: {},
      say: (line) => service.say(line),
      async kill() {
        const gone = once(service.process, 'exit');
        service.process.kill('SIGKILL');
        await gone;
      },
      written: async () => [],
    };
  },
  close: async () => undefined,
}));
