import { expect, it } from 'vitest';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { readFacts, readFullVersion } from '../../../src/machines/libvirt/link/hypervisor-facts.ts';
import { fakeTime, passing } from '../../fakes/fake-time.ts';
import { type Answers, ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';

function connectionTo(answers: Answers): Connection {
  const links = new ScriptedLinks();
  links.answers = answers;
  return links.links.control as unknown as Connection;
}

it('a daemon is known by its driver, its host and its version, in three parts', async () => {
  const connection = connectionTo({
    connectGetType: () => 'QEMU',
    connectGetHostname: () => 'host1',
    connectGetLibVersion: () => 11_003_007n,
    connectGetVersion: () => 10_000_002n,
  });
  const facts = await readFacts(connection);
  expect(facts).toEqual({ type: 'QEMU', host: 'host1', version: 'libvirt 11.3.7' });
  expect(await readFullVersion(connection, facts)).toBe('libvirt 11.3.7, QEMU 10.0.2');
});

it('the hypervisor’s version may take two minutes: libvirt may ask every emulator of the host first', async () => {
  fakeTime();
  const facts = { type: 'QEMU', host: 'host1', version: 'libvirt 11.3.0' };
  const after = (ms: number) =>
    connectionTo({ connectGetVersion: () => new Promise((resolve) => setTimeout(() => resolve(9_002_001n), ms)) });
  expect(await passing(readFullVersion(after(119_000), facts))).toBe('libvirt 11.3.0, QEMU 9.2.1');
  await expect(passing(readFullVersion(after(121_000), facts))).rejects.toMatchObject({ code: 'TIMEOUT' });
});
