import { existsSync } from 'node:fs';
import { readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DeviceMapper, findDeviceMapper } from '../../src/volumes/device-mapper.ts';
import { openDeviceNames } from '../../src/volumes/device-names.ts';
import { createMappedNames } from '../../src/volumes/mapped-names.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { fakeDmsetup } from '../fakes/volumes/dmsetup.ts';
import { openVolumeServer } from '../fakes/volumes/volume-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const device = { path: '/dev/vdb', rdev: '254:16', sizeBytes: 8 << 20 };
const caller = { actor: 'tester' };

async function open(folder = temporaryFolder()) {
  const dm = await fakeDmsetup();
  const mapper = (await findDeviceMapper(dm.program)) as DeviceMapper;
  return { ...dm, folder, names: createMappedNames(await openDeviceNames(folder), mapper) };
}

describe('names that are maps of the device-mapper', () => {
  it('are there only where the kernel has it: dmsetup itself is asked', async () => {
    expect(await findDeviceMapper('/nonexistent/dmsetup')).toBeNull();
    expect(await findDeviceMapper('true')).toBeNull();
    // A kernel without it fails the real dmsetup, where that is installed.
    if (!existsSync('/sys/class/misc/device-mapper')) expect(await findDeviceMapper()).toBeNull();
  });

  it('lead by a link to a map of the whole device, which is made once, grows with it and goes with the name', async () => {
    const { names, maps, calls, folder } = await open();
    const place = await names.set('data', device);
    expect(await readlink(place)).toBe('/dev/mapper/memoir:data');
    expect(place).toBe(join(folder, 'data'));
    expect(await maps()).toEqual({ 'memoir:data': '0 16384 linear 254:16 0' });
    expect(await names.shows('data', device)).toBe(true);
    expect(await names.shows('data', { ...device, rdev: '254:32' })).toBe(false);
    await names.set('data', device);
    expect((await calls()).filter((call) => call.startsWith('create'))).toEqual([
      'create memoir:data --uuid MEMOIR-data --table 0 16384 linear 254:16 0',
    ]);
    const grown = { ...device, sizeBytes: 16 << 20 };
    expect(await names.shows('data', grown)).toBe(false);
    await names.set('data', grown);
    expect(await maps()).toEqual({ 'memoir:data': '0 32768 linear 254:16 0' });
    expect(await names.list()).toEqual(new Map([['data', '/dev/mapper/memoir:data']]));
    await names.remove('data');
    await names.remove('data');
    expect(await maps()).toEqual({});
    expect(await names.list()).toEqual(new Map());
  });

  it('are never taken from under what has them open, neither removed nor led to another device', async () => {
    const { names, maps, fileOf, calls } = await open();
    await names.set('data', device);
    await writeFile(fileOf('memoir:data.open'), '');
    await expect(names.remove('data')).rejects.toMatchObject({ code: 'VOLUME_IN_USE' });
    await expect(names.set('data', { ...device, rdev: '254:32' })).rejects.toMatchObject({ code: 'VOLUME_IN_USE' });
    expect(await names.shows('data', device)).toBe(true);
    expect((await calls()).join('\n')).not.toMatch(/--force|--deferred|-f\b/);
    await rm(fileOf('memoir:data.open'));
    await names.set('data', { ...device, rdev: '254:32' });
    expect(await maps()).toEqual({ 'memoir:data': '0 16384 linear 254:32 0' });
  });

  it('are plain links while something else holds the device, and touch no map of others', async () => {
    const { names, maps, fileOf, holds } = await open();
    await writeFile(fileOf('vg-data'), '0 2048 linear 8:0 0');
    await holds(device.rdev);
    expect(await readlink(await names.set('data', device))).toBe('/dev/vdb');
    expect(await names.shows('data', device)).toBe(true);
    expect(await names.list()).toEqual(new Map([['data', '/dev/vdb']]));
    await names.remove('data');
    expect(await maps()).toEqual({ 'vg-data': '0 2048 linear 8:0 0' });
  });

  it('follow a volume through its life, hold it while they are open, and are put right by reconciliation', async () => {
    const dm = await fakeDmsetup();
    const mapper = (await findDeviceMapper(dm.program)) as DeviceMapper;
    const server = await openVolumeServer(temporaryFolder(), { open: openSameThreadDatabase, mapper });
    onTestFinished(() => server.close());
    const { volumes, ended, disks } = server;
    const sizeBytes = 1 << 20;
    await ended(volumes.create({ name: 'data', sizeBytes, placement: { zone: null, offering: null } }, caller));
    expect(await ended(volumes.attach('data', 'db01', caller))).toMatchObject({ state: 'COMPLETED' });
    const { rdev } = await volumes.device('data');
    const mapped = { 'memoir:data': `0 2048 linear ${rdev} 0` };
    expect(await dm.maps()).toEqual(mapped);
    await ended(volumes.resize('data', 2 * sizeBytes, caller));
    const grown = { 'memoir:data': `0 4096 linear ${rdev} 0` };
    expect(await dm.maps()).toEqual(grown);
    expect((await volumes.reconcile()).repaired).toEqual([]);

    const held = dm.fileOf('memoir:data.open');
    await writeFile(held, '');
    expect(await ended(volumes.detach('data', null, caller))).toMatchObject({ error: { code: 'VOLUME_IN_USE' } });
    expect(await volumes.get('data')).toMatchObject({ state: 'ATTACHED', problem: null });
    // Somebody takes the device away though it is open: its map stays, and is told of until it is closed.
    const id = (await volumes.get('data'))?.id as string;
    await disks.change((all) => void all.set(id, { mark: id, sizeBytes: 2 * sizeBytes, device: null }));
    expect((await volumes.reconcile()).problems).toEqual([
      'data: its device has gone, and something has its name open',
    ]);
    await rm(held);
    expect((await volumes.reconcile()).problems).toEqual([]);
    expect(await dm.maps()).toEqual({});

    expect(await ended(volumes.attach('data', 'db01', caller))).toMatchObject({ state: 'COMPLETED' });
    await rm(dm.fileOf('memoir:data'));
    await volumes.reconcile();
    expect(Object.keys(await dm.maps())).toEqual(['memoir:data']);
    expect(await ended(volumes.detach('data', null, caller))).toMatchObject({ state: 'COMPLETED' });
    expect(await dm.maps()).toEqual({});
  });
});
