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
const [db, web] = machines;

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

describe('reconciliation', () => {
  it('writes down what someone changed past us, and says so', async () => {
    const { volumes, ended, make, disks, names } = await open();
    const [one, two, three] = [await make('one'), await make('two'), await make('three')];
    await ended(volumes.attach('one', 'db01', caller));
    await disks.change((all, nextDiskseq) => {
      all.set(one, { ...(all.get(one) as never as { mark: string; sizeBytes: number }), device: null });
      all.set(two, { mark: two, sizeBytes: size, device: { machineId: web.id, name: 'vdq', diskseq: nextDiskseq() } });
      all.delete(three);
      all.set('orphan', { mark: 'orphan', sizeBytes: size, device: null });
    });
    const report = await volumes.reconcile();
    expect(report).toMatchObject({ volumes: 3, failure: null });
    expect(report.orphans.map(({ mark }) => mark)).toEqual(['orphan']);
    expect(report.problems).toEqual(['three: demo no longer has it']);
    expect(await volumes.get('one')).toMatchObject({ state: 'AVAILABLE', attachment: null, device: null });
    expect(await volumes.get('two')).toMatchObject({ state: 'ATTACHED', attachment: { machineName: 'web01' } });
    expect(await volumes.get('three')).toMatchObject({ problem: { code: 'NOT_FOUND' } });
    expect([...(await names.list()).keys()]).toEqual(['two']);
    expect(await volumes.reconcile()).toMatchObject({ repaired: [] });
    expect(volumes.lastReport?.problems).toHaveLength(1);
  });

  it('tells of a volume that somebody attached to two machines, and leaves it alone', async () => {
    const both = [db.id, web.id];
    let shared = false;
    const lie = withCalls((honest) => ({
      list: async (signal) =>
        (await honest.list(signal)).map((volume) => (shared ? { ...volume, attachedTo: both } : volume)),
    }));
    const { volumes, ended, make, disks } = await open({ lie });
    await make('data');
    await ended(volumes.attach('data', 'db01', caller));
    const before = await disks.all();
    shared = true;
    expect((await volumes.reconcile()).problems).toEqual([
      `data: it is attached to several machines: ${both.join(', ')}`,
    ]);
    expect(await volumes.get('data')).toMatchObject({
      state: 'ATTACHED',
      attachment: { machineName: 'db01' },
      problem: { code: 'VOLUME_IN_USE' },
    });
    expect(await disks.all()).toEqual(before);
    shared = false;
    expect((await volumes.reconcile()).problems).toEqual([]);
    expect(await volumes.get('data')).toMatchObject({ problem: null });
  });

  it('verifies a device anew that came again; until then its use is refused', async () => {
    const { volumes, ended, make, disks } = await open();
    const id = await make('data');
    await ended(volumes.attach('data', 'db01', caller));
    await disks.change((all, nextDiskseq) => {
      all.set(id, { mark: id, sizeBytes: size, device: { machineId: db.id, name: 'vdc', diskseq: nextDiskseq() } });
    });
    await expect(volumes.device('data')).rejects.toMatchObject({ code: 'DEVICE_CHANGED' });
    await volumes.reconcile();
    expect(await volumes.device('data')).toMatchObject({ name: 'vdc', serial: serialOf(id) });
  });

  it('leaves alone what an operation is at work on', async () => {
    const gate = Promise.withResolvers<void>();
    const lie = withCalls((honest) => ({
      attach: async (target, signal) => {
        const attached = await honest.attach(target, signal);
        await gate.promise;
        return attached;
      },
    }));
    const { volumes, ended, make } = await open({ lie });
    await make('data');
    const attaching = await volumes.attach('data', 'db01', caller);
    await expect.poll(async () => (await volumes.get('data'))?.state).toBe('ATTACHING');
    expect(await volumes.reconcile()).toMatchObject({ repaired: [], problems: [] });
    expect(await volumes.get('data')).toMatchObject({ state: 'ATTACHING' });
    gate.resolve();
    expect(await ended(attaching)).toMatchObject({ state: 'COMPLETED' });
  });

  it('says why it could not ask, and changes nothing then', async () => {
    const lie = withCalls(() => ({
      list: async () => {
        throw new MemoirError('PROVIDER_UNAVAILABLE', 'nobody answers');
      },
    }));
    const { volumes, make } = await open({ lie });
    await make('data');
    expect(await volumes.reconcile()).toMatchObject({ failure: 'nobody answers', repaired: [], problems: [] });
    expect(await volumes.get('data')).toMatchObject({ state: 'AVAILABLE' });
  });
});
