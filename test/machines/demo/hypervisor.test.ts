import { createDemoHypervisor } from '../../../src/machines/demo/demo-hypervisor.ts';
import { hypervisorSuite } from '../../contracts/hypervisor.ts';

hypervisorSuite('demo', async () => {
  const hypervisor = createDemoHypervisor({ speedBytesPerSec: null });
  return {
    hypervisor,
    running: 'web-01',
    paused: 'build-01',
    off: 'backup-01',
    pause: async (name) => hypervisor.controls.pause(name),
    resume: async (name) => hypervisor.controls.resume(name),
    dispose: async () => undefined,
  };
});
