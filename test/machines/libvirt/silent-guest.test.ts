import { describe, expect, it, onTestFinished } from 'vitest';
import { makeForecast } from '../../../src/machines/libvirt/forecast.ts';
import { Guest } from '../../../src/machines/libvirt/guest/guest.ts';
import { closeLinks, linksReady, openLinks } from '../../../src/machines/libvirt/link/links.ts';
import { fakeDaemon } from '../../fakes/libvirt/connected-pair.ts';
import type { FakeLibvirtd } from '../../fakes/libvirt/fake-libvirtd.ts';
import { FakeFailure } from '../../fakes/libvirt/handlers.ts';
import { patient } from '../../fakes/libvirt/patient.ts';
import { machine } from '../../fakes/machines.ts';

// QEMU before 8.1 that froze with its big lock held answers no question for ever; libvirt then holds every later one back.

async function guestOf(): Promise<{ fake: FakeLibvirtd; guest: Guest }> {
  const fake = await fakeDaemon();
  const domain = fake.hypervisor.addDomain('silent', 1);
  const links = openLinks(fake.uri, { callTimeoutMs: 500 }, 50);
  onTestFinished(() => closeLinks(links));
  await linksReady(links, AbortSignal.timeout(10_000));
  return { fake, guest: new Guest(links, domain) };
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('a guest whose QEMU does not respond', () => {
  it('is told apart from a daemon that does not: the question ends in time either way', async () => {
    const { fake, guest } = await guestOf();
    fake.overrides = { domainQemuMonitorCommand: never };
    await expect(guest.version()).rejects.toMatchObject({ code: 'GUEST_FROZEN', cause: { code: 'TIMEOUT' } });
    fake.overrides = {
      domainQemuMonitorCommand: never,
      connectGetLibVersion: () => Promise.reject(new FakeFailure(1, 'away')),
    };
    await expect(guest.version()).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
  });

  it('is known by libvirt’s own word too: the monitor is held by a question that was asked before', async () => {
    const { fake, guest } = await guestOf();
    const held =
      'Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainQemuMonitorCommand)';
    fake.overrides = { domainQemuMonitorCommand: () => Promise.reject(new FakeFailure(68, held)) };
    await expect(guest.migration()).rejects.toMatchObject({
      code: 'GUEST_FROZEN',
      message: expect.stringContaining(held),
    });
  });

  it('is asked once: libvirt keeps a thread for each question, until the answer comes', async () => {
    const { fake, guest } = await guestOf();
    const asked: ((answer: string) => void)[] = [];
    fake.overrides = {
      domainQemuMonitorCommand: () => new Promise<string>((resolve) => asked.push(resolve)),
    };
    for (let question = 0; question < 3; question++)
      await expect(guest.version()).rejects.toMatchObject({ code: 'GUEST_FROZEN' });
    expect(asked).toHaveLength(1);
    const qemu = { major: 10, minor: 0, micro: 0 };
    asked[0]?.(JSON.stringify({ return: { qemu } }));
    fake.overrides = {};
    await expect.poll(() => guest.job().catch(() => 'frozen'), patient).toBeNull();
  });

  it('is asked again when the connection that it owed an answer on is gone', async () => {
    const { fake, guest } = await guestOf();
    fake.overrides = { domainQemuMonitorCommand: never };
    await expect(guest.version()).rejects.toMatchObject({ code: 'GUEST_FROZEN' });
    fake.overrides = {};
    for (const client of fake.clients) client.socket.destroy();
    await expect.poll(() => guest.job().catch(() => 'frozen'), patient).toBeNull();
  });

  it('is not confused with a connection that is still being opened: that is waited for', async () => {
    const fake = await fakeDaemon();
    const domain = fake.hypervisor.addDomain('early', 1);
    const links = openLinks(fake.uri, { callTimeoutMs: 5_000 }, 5_000);
    onTestFinished(() => closeLinks(links));
    expect(links.monitor.state.kind).toBe('connecting');
    expect(await new Guest(links, domain).job()).toBeNull();
  });

  it('is captured by no method: a core dump would wait for the same monitor with nobody to end it', async () => {
    const { fake, guest } = await guestOf();
    fake.overrides = { domainQemuMonitorCommand: never };
    const { options } = await makeForecast({
      machine: machine(1),
      guest,
      description: {
        title: null,
        memoryBytes: 1 << 20,
        vcpus: 1,
        architecture: 'x86_64',
        deviceStateBytes: 1 << 24,
        owner: null,
        snapshotObstacles: [],
        memoryObstacles: [],
      },
      driver: 'QEMU',
      remote: false,
      dumpBytesPerMs: null,
    });
    expect(options.automatic).toBeNull();
    expect(options.blockers.map(({ method, code }) => [method, code])).toEqual([
      ['SNAPSHOT', 'GUEST_FROZEN'],
      ['CORE_DUMP', 'GUEST_FROZEN'],
    ]);
  });
});
