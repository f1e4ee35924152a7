import { expect, it, onTestFinished } from 'vitest';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import { fakeDaemon } from '../../fakes/libvirt/connected-pair.ts';
import { patient } from '../../fakes/libvirt/patient.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

it.each([1, 3])('a daemon that leaves its first %i questions unanswered is up when it answers', async (silent) => {
  const fake = await fakeDaemon();
  let asked = 0;
  fake.overrides = {
    connectGetType: () => 'QEMU',
    connectGetVersion: () => 10_000_002n,
    connectGetAllDomainStats: () => [],
    connectGetHostname: () => (++asked <= silent ? new Promise<never>(() => undefined) : 'host1'),
  };
  const hypervisor = await createLibvirtHypervisor({
    uri: fake.uri,
    stateFolder: temporaryFolder(),
    connection: { callTimeoutMs: 50 },
  });
  onTestFinished(() => hypervisor.close());
  await expect.poll(() => hypervisor.status().version, patient).toBe('libvirt 11.3.0, QEMU 10.0.2');
  expect(hypervisor.host).toBe('host1');
});
