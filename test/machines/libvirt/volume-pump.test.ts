import { expect, it, onTestFinished } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import { openSource } from '../../../src/machines/libvirt/core-dump/core-dump-source.ts';
import { pumpVolume } from '../../../src/machines/libvirt/core-dump/volume-pump.ts';
import { closeLinks, linksReady, openLinks } from '../../../src/machines/libvirt/link/links.ts';
import { privatePlace } from '../../../src/machines/libvirt/meeting-place.ts';
import { MemoryRecorder } from '../../fakes/in-process-reader.ts';
import { fakeDaemon } from '../../fakes/libvirt/connected-pair.ts';
import { FakePools } from '../../fakes/libvirt/fake-pools.ts';
import { GuestMemory } from '../../fakes/libvirt/guest-memory.ts';
import { FakeFailure, type Handlers } from '../../fakes/libvirt/handlers.ts';
import { listenersOf } from '../../fakes/listeners-of.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const limit = { timeout: 12_000 };
const volume = { pool: 'dumps', name: 'one.elf', path: '/dumps/one.elf' };

/** A daemon with a core in a volume, and a FIFO that is read. */
async function pumpWith(handlers: Handlers = {}) {
  const fake = await fakeDaemon();
  const pools = new FakePools(fake.hypervisor.volumes);
  const memory = new GuestMemory({ pages: 64 });
  pools.add('dumps', '/dumps');
  fake.hypervisor.volumes.set(volume.name, memory.core());
  fake.overrides = { ...pools.handlers, ...handlers };
  const links = openLinks(fake.uri, { callTimeoutMs: 2_000 });
  onTestFinished(() => closeLinks(links));
  await linksReady(links, AbortSignal.timeout(10_000));
  const place = privatePlace('memory.fifo', [temporaryFolder()]);
  const source = await openSource({ place });
  onTestFinished(() => source.close());
  const recorder = new MemoryRecorder(memory.ram.length, () => undefined);
  const reading = source.read(recorder, new AbortController().signal);
  reading.catch(() => undefined);
  const pump = (signal = new AbortController().signal, connectOptions = {}) =>
    pumpVolume({ link: links.control, connectOptions, volume, to: place.path, signal });
  return { fake, memory, recorder, reading, pump };
}

it('a volume is carried into a FIFO on a connection of its own, and removed', limit, async () => {
  const { fake, memory, recorder, reading, pump } = await pumpWith();
  const before = fake.accepted;
  const { signal } = new AbortController();
  const left = listenersOf(signal);
  await pump(signal, { connectTimeoutMs: 5_000, runtimeDirectory: '/run' });
  expect(left()).toBe(0);
  await reading;
  expect(recorder.image?.equals(memory.ram)).toBe(true);
  expect(fake.accepted).toBe(before + 1);
  expect(fake.violations).toEqual([]);
  expect(fake.hypervisor.volumes.size).toBe(0);
});

it('what libvirt says against it is said, and the volume removed', limit, async () => {
  const { fake, pump } = await pumpWith({
    storageVolDownload: () => Promise.reject(new FakeFailure(38, 'cannot open the volume')),
  });
  await expect(pump()).rejects.toMatchObject({
    code: 'HYPERVISOR_REFUSED',
    message: expect.stringMatching(/fetching the dump .*cannot open the volume/),
  });
  expect(fake.hypervisor.volumes.size).toBe(0);
});

it(
  'it ends with the signal’s reason, also with one that was there before, and the volume is removed',
  limit,
  async () => {
    const reason = new MemoirError('CANCELLED', 'enough');
    const early = await pumpWith();
    const before = early.fake.accepted;
    await expect(early.pump(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(early.fake.accepted).toBe(before);
    expect(early.fake.hypervisor.volumes.size).toBe(0);
    const asked = Promise.withResolvers<void>();
    const { fake, pump } = await pumpWith({
      storageVolDownload: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
    });
    const controller = new AbortController();
    const pumping = pump(controller.signal);
    await asked.promise;
    controller.abort(reason);
    await expect(pumping).rejects.toBe(reason);
    expect(fake.hypervisor.volumes.size).toBe(0);
  },
);

it('its connection is bounded as the others are', limit, async () => {
  const { fake, pump } = await pumpWith();
  fake.onClient = (client) => {
    client.frozen = true;
  };
  await expect(pump(undefined, { connectTimeoutMs: 50 })).rejects.toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE' });
});
