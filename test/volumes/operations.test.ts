import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { serialOf } from '../../src/volumes/serial.ts';
import type { VolumeProvider } from '../../src/volumes/volume-provider.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { machines, openVolumeServer, type VolumeServerOptions } from '../fakes/volumes/volume-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const size = 2 ** 23;
const placement = { zone: null, offering: null };
const caller = { actor: 'tester' };
const [db] = machines;

async function open(options: VolumeServerOptions = {}, folder = temporaryFolder()) {
  const server = await openVolumeServer(folder, { open: openSameThreadDatabase, ...options });
  onTestFinished(() => server.close());
  const { volumes, ended } = server;
  const make = async (name: string) => {
    const operation = await ended(volumes.create({ name, sizeBytes: size, placement }, caller));
    expect(operation).toMatchObject({ state: 'COMPLETED', error: null });
    return (operation.result as { volumeId: string }).volumeId;
  };
  return { ...server, folder, make };
}

/** A provider of which some calls are other than the demo's. */
const withCalls =
  (calls: (honest: VolumeProvider) => Partial<VolumeProvider>): NonNullable<VolumeServerOptions['lie']> =>
  (honest, devices) => ({ provider: { ...honest, ...calls(honest) }, devices });

describe('a volume', () => {
  it('is created, attached, found as a device under a name that stays, detached and deleted', async () => {
    const { volumes, ended, make, names, disks } = await open();
    const id = await make('data');
    expect(await volumes.get('data')).toMatchObject({ id, state: 'AVAILABLE', serial: serialOf(id), attachment: null });

    const attached = await ended(volumes.attach('data', 'db01', caller));
    const [device] = await disks.scan();
    expect(attached).toMatchObject({ state: 'COMPLETED', result: { volumeId: id, devicePath: device?.path } });
    expect(attached.subjects).toEqual([`volume:${id}`, `vm:${db.id}`]);
    expect(await volumes.get(id)).toMatchObject({
      state: 'ATTACHED',
      attachment: { machineId: db.id, machineName: 'db01' },
      device: { path: device?.path, rdev: device?.rdev, diskseq: device?.diskseq },
    });
    expect(await volumes.device('data')).toEqual(device);
    expect(await names.list()).toEqual(new Map([['data', device?.path]]));

    expect(await ended(volumes.detach('data', null, caller))).toMatchObject({ state: 'COMPLETED' });
    expect(await names.list()).toEqual(new Map());
    expect(await volumes.get(id)).toMatchObject({ state: 'AVAILABLE', attachment: null, device: null });
    await expect(volumes.device('data')).rejects.toMatchObject({ code: 'DEVICE_MISSING' });

    expect(await ended(volumes.remove('data', caller))).toMatchObject({ state: 'COMPLETED' });
    expect(await volumes.list()).toEqual([]);
    expect(await disks.all()).toEqual([]);
  });

  it('grows, also while it is attached', async () => {
    const { volumes, ended, make } = await open();
    const id = await make('data');
    await ended(volumes.attach('data', 'db01', caller));
    expect(await ended(volumes.resize(id, 2 * size, caller))).toMatchObject({ state: 'COMPLETED' });
    expect(await volumes.get(id)).toMatchObject({ sizeBytes: 2 * size });
    expect((await volumes.device(id)).sizeBytes).toBe(2 * size);
    await expect(volumes.resize(id, size, caller)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  it('has a name that no other has, and that is safe as a file name', async () => {
    const { volumes, make } = await open();
    await make('data');
    const create = (name: string) => volumes.create({ name, sizeBytes: size, placement }, caller);
    await expect(create('data')).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    for (const name of ['', '../x', '.hidden', 'a/b', 'a b', 'ä', 'x'.repeat(65)])
      await expect(create(name)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    for (const sizeBytes of [0, -1, 1.5, Number.NaN, 2 ** 60])
      await expect(volumes.create({ name: 'x', sizeBytes, placement }, caller)).rejects.toMatchObject({
        code: 'BAD_INPUT',
      });
  });

  it('is one volume of one name, also when two ask at the same moment', async () => {
    const { volumes, operations, disks } = await open();
    const create = () => volumes.create({ name: 'data', sizeBytes: size, placement }, caller);
    const outcomes = await Promise.allSettled([create(), create(), create()]);
    for (const outcome of outcomes)
      if (outcome.status === 'fulfilled') await operations.settled(outcome.value.id);
      else expect(outcome.reason).toMatchObject({ code: expect.stringMatching(/^(ALREADY_ACTIVE|NAME_TAKEN)$/) });
    expect(await volumes.list()).toHaveLength(1);
    expect(await disks.all()).toHaveLength(1);
  });

  it('is made once when a request is repeated with its idempotency key', async () => {
    const { volumes, ended } = await open();
    const create = (sizeBytes = size) =>
      volumes.create({ name: 'data', sizeBytes, placement }, { actor: 'tester', idempotencyKey: 'k' });
    const first = await ended(create());
    expect((await create()).id).toBe(first.id);
    await expect(create(2 * size)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await volumes.list()).toHaveLength(1);
  });

  it('is attached to one machine at a time, and detached from no other', async () => {
    const { volumes, ended, make } = await open();
    await make('data');
    await ended(volumes.attach('data', 'db01', caller));
    await expect(volumes.attach('data', 'web01', caller)).rejects.toMatchObject({ code: 'VOLUME_IN_USE' });
    await expect(volumes.detach('data', 'web01', caller)).rejects.toMatchObject({ code: 'VOLUME_IN_USE' });
    await expect(volumes.remove('data', caller)).rejects.toMatchObject({ code: 'VOLUME_IN_USE' });
    await expect(volumes.attach('data', 'nobody', caller)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(volumes.attach('none', 'db01', caller)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await ended(volumes.attach('data', 'db01', caller))).toMatchObject({ state: 'COMPLETED' });
  });

  it('excludes a dump of its machine while it is plugged in: QEMU would refuse one of the two', async () => {
    const gate = Promise.withResolvers<void>();
    const lie = withCalls((honest) => ({
      attach: async (target, signal) => {
        await gate.promise;
        return honest.attach(target, signal);
      },
    }));
    const { volumes, operations, make, ended } = await open({ lie });
    await make('data');
    const first = await volumes.attach('data', 'db01', caller);
    const dump = { kind: 'VOLUME_FORMAT', subjects: [`vm:${db.id}`], request: {}, message: 'Queued' } as const;
    await expect(operations.submitOne(dump, caller)).rejects.toMatchObject({
      code: 'ALREADY_ACTIVE',
      details: { active: first.id },
    });
    const found = await operations.page({ subjects: [`vm:${db.id}`], states: ['QUEUED', 'RUNNING'], limit: 1 });
    expect(found.operations.map(({ id }) => id)).toEqual([first.id]);
    gate.resolve();
    await ended(first);
  });

  it('waits for the others of its machine: ten that are asked for at once come one after the other, and go', async () => {
    let underWay = 0;
    let most = 0;
    const alone = async <T>(work: () => Promise<T>): Promise<T> => {
      underWay += 1;
      most = Math.max(most, underWay);
      return work().finally(() => {
        underWay -= 1;
      });
    };
    const lie = withCalls((honest) => ({
      attach: (target, signal) => alone(() => honest.attach(target, signal)),
      detach: (target, signal) => alone(() => honest.detach(target, signal)),
    }));
    const { volumes, make, ended, disks } = await open({ lie });
    const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => make(`data-${index}`)));
    const attached = await Promise.all(ids.map((id) => ended(volumes.attach(id, 'db01', caller))));
    expect(attached.map(({ state }) => state)).toEqual(ids.map(() => 'COMPLETED'));
    for (const id of ids) expect((await volumes.device(id)).serial).toBe(serialOf(id));
    const twice = await Promise.allSettled([1, 2].map(() => volumes.detach(ids[0] as string, null, caller)));
    expect(twice).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'ALREADY_ACTIVE' } }]);
    const detached = await Promise.all(ids.slice(1).map((id) => ended(volumes.detach(id, null, caller))));
    expect(detached.map(({ state }) => state)).toEqual(detached.map(() => 'COMPLETED'));
    if (twice[0]?.status === 'fulfilled') await ended(twice[0].value);
    expect(await disks.scan()).toEqual([]);
    expect(most).toBe(1);
  });

  it.each([
    [1, 'one'],
    [10, 'ten'],
  ])('comes and goes in any order beside others: %i at once', async (count) => {
    const { volumes, ended, make, disks } = await open();
    const ids = await Promise.all(Array.from({ length: count }, (_, index) => make(`data-${index}`)));
    for (const id of ids) await ended(volumes.attach(id, id < '8' ? 'db01' : 'web01', caller));
    for (const id of ids) expect((await volumes.device(id)).serial).toBe(serialOf(id));
    expect(new Set((await volumes.list()).map(({ device }) => device?.rdev)).size).toBe(count);
    for (const id of ids.toReversed()) await ended(volumes.detach(id, null, caller));
    expect(await disks.scan()).toEqual([]);
  });
});

describe('an operation on a volume that fails', () => {
  const refusal = new MemoirError('PROVIDER_REFUSED', 'the provider said no');

  it('leaves nothing of a volume that could not be made', async () => {
    const lie = withCalls((honest) => ({
      create: async (spec, signal) => {
        await honest.create(spec, signal);
        throw refusal;
      },
    }));
    const { volumes, ended, disks } = await open({ lie });
    const operation = await ended(volumes.create({ name: 'data', sizeBytes: size, placement }, caller));
    expect(operation).toMatchObject({ state: 'FAILED', error: { code: 'PROVIDER_REFUSED' } });
    expect(await disks.all()).toEqual([]);
    expect(await volumes.list()).toEqual([]);
  });

  it('goes on with an attachment whose answer was lost', async () => {
    const lie = withCalls((honest) => ({
      attach: async (target, signal) => {
        await honest.attach(target, signal);
        throw new MemoirError('PROVIDER_UNAVAILABLE', 'the answer was lost');
      },
    }));
    const { volumes, ended, make } = await open({ lie });
    await make('data');
    expect(await ended(volumes.attach('data', 'db01', caller))).toMatchObject({ state: 'COMPLETED' });
  });

  it('detaches again what has no device that can be shown to be the volume', async () => {
    const { volumes, ended, make, disks } = await open({
      deviceTimeoutMs: 10,
      lie: (provider, devices) => ({
        provider,
        devices: {
          ...devices,
          scan: async () => (await devices.scan()).map((device) => ({ ...device, serial: serialOf(randomUUID()) })),
        },
      }),
    });
    await make('data');
    expect(await ended(volumes.attach('data', 'db01', caller))).toMatchObject({
      state: 'FAILED',
      error: { code: 'DEVICE_MISSING' },
    });
    expect(await volumes.get('data')).toMatchObject({ state: 'AVAILABLE', attachment: null, device: null });
    expect(await disks.scan()).toEqual([]);
  });

  it('says that a guest kept its disk, and leaves it attached as before', async () => {
    const lie = withCalls(() => ({
      detach: async () => {
        throw new MemoirError('DETACH_REFUSED', 'the guest refused');
      },
    }));
    const { volumes, ended, make } = await open({ lie });
    await make('data');
    await ended(volumes.attach('data', 'db01', caller));
    const before = await volumes.get('data');
    expect(await ended(volumes.detach('data', null, caller))).toMatchObject({
      state: 'FAILED',
      error: { code: 'DETACH_REFUSED' },
    });
    expect(await volumes.get('data')).toMatchObject({
      state: 'ATTACHED',
      attachment: before?.attachment,
      device: before?.device,
    });
  });

  it('is not done as long as a device of the volume is left: it would be the next volume’s', async () => {
    let left: Awaited<ReturnType<typeof server.disks.scan>> = [];
    const server = await open({
      deviceTimeoutMs: 10,
      lie: (provider, devices) => ({
        provider,
        devices: { ...devices, scan: async () => [...(await devices.scan()), ...left] },
      }),
    });
    const { volumes, ended, make } = server;
    const id = await make('data');
    await ended(volumes.attach('data', 'db01', caller));
    const [device] = await server.disks.scan();
    await server.disks.change(() => undefined);
    const detaching = volumes.detach('data', null, caller);
    left = [{ ...device, name: 'vdz', path: '/dev/vdz', rdev: '254:400' } as NonNullable<typeof device>];
    expect(await ended(detaching)).toMatchObject({ state: 'FAILED', error: { code: 'DEVICE_CHANGED' } });
    await volumes.reconcile();
    expect(await ended(volumes.attach(id, 'db01', caller))).toMatchObject({
      state: 'FAILED',
      error: { code: 'DEVICE_AMBIGUOUS' },
    });
    left = [];
    await volumes.reconcile();
    expect(await ended(volumes.attach(id, 'db01', caller))).toMatchObject({ state: 'COMPLETED' });
  });
});
