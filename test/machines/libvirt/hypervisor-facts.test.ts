import { expect, it } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import { readFacts, readFullVersion } from '../../../src/machines/libvirt/link/hypervisor-facts.ts';
import { fakeTime, passing } from '../../fakes/fake-time.ts';
import { type Answers, ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';

function linksTo(answers: Answers): ScriptedLinks {
  return Object.assign(new ScriptedLinks(), { answers });
}

it('a daemon is known by its driver, its host and its version, in three parts', async () => {
  const { control } = linksTo({
    connectGetType: () => 'QEMU',
    connectGetHostname: () => 'host1',
    connectGetLibVersion: () => 11_003_007n,
    connectGetVersion: () => 10_000_002n,
  });
  const facts = await readFacts(control);
  expect(facts).toEqual({ type: 'QEMU', host: 'host1', version: 'libvirt 11.3.7' });
  expect(await readFullVersion(control, facts)).toBe('libvirt 11.3.7, QEMU 10.0.2');
});

it('the hypervisor’s version may take two minutes: libvirt may ask every emulator of the host first', async () => {
  fakeTime();
  const facts = { type: 'QEMU', host: 'host1', version: 'libvirt 11.3.0' };
  const after = (ms: number) =>
    linksTo({ connectGetVersion: () => new Promise((resolve) => setTimeout(() => resolve(9_002_001n), ms)) }).control;
  expect(await passing(readFullVersion(after(119_000), facts))).toBe('libvirt 11.3.0, QEMU 9.2.1');
  await expect(passing(readFullVersion(after(121_000), facts))).rejects.toMatchObject({ code: 'TIMEOUT' });
});

it('a daemon that leaves this unanswered is asked again for as long as the link is up, and one that refuses is not', async () => {
  fakeTime();
  let hostAsked = 0;
  const links = linksTo({
    connectGetType: () => 'QEMU',
    connectGetLibVersion: () => 11_003_000n,
    connectGetHostname: () => (++hostAsked < 3 ? new Promise<never>(() => undefined) : 'host1'),
  });
  expect(await passing(readFacts(links.control))).toMatchObject({ host: 'host1' });
  expect(hostAsked).toBe(3);
  const refusing = linksTo({});
  await expect(passing(readFacts(refusing.control))).rejects.toMatchObject({ code: 'NO_SUPPORT' });
  const lost = linksTo({
    ...links.answers,
    connectGetHostname: () => {
      lost.links.control.state = { kind: 'down' };
      throw new LibvirtError('TIMEOUT', 'no answer');
    },
  });
  await expect(passing(readFacts(lost.control))).rejects.toMatchObject({ code: 'TIMEOUT' });
});
