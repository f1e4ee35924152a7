import { expect, it, onTestFinished } from 'vitest';
import { findVolumePlace, removeVolume } from '../../../src/machines/libvirt/core-dump/volume-place.ts';
import { closeLinks, linksReady, openLinks } from '../../../src/machines/libvirt/link/links.ts';
import { fakeDaemon } from '../../fakes/libvirt/connected-pair.ts';
import { FakeFailure } from '../../fakes/libvirt/handlers.ts';

interface Pool {
  readonly type: string;
  readonly path: string;
  readonly available: bigint | FakeFailure;
}

const dumpFolder = '/var/lib/libvirt/qemu/dump';
const uuid = '00000000-0000-4000-8000-000000000001';
const refuse = (number: number) => () => Promise.reject(new FakeFailure(number, 'refused'));

/** A daemon with these pools; `made` is what becomes of the pool that is made over libvirt's dump folder. */
async function daemonWith(
  pools: Record<string, Pool>,
  made: Pool | FakeFailure = new FakeFailure(38, 'no such folder'),
) {
  const fake = await fakeDaemon();
  const known = new Map(Object.entries(pools));
  fake.overrides = {
    connectListAllStoragePools: async () => ({
      pools: [...known.keys()].map((name) => ({ name, uuid })),
      count: known.size,
    }),
    storagePoolGetXmlDesc: async ({ pool }) => {
      const { type, path } = known.get(pool.name) as Pool;
      return `<pool type='${type}'><target><path> ${path} </path></target></pool>`;
    },
    storagePoolCreateXml: async ({ xml }) => {
      if (made instanceof FakeFailure) throw made;
      const [, name] = /<name>(.*)<\/name>/.exec(xml) ?? [];
      known.set(String(name), made);
      return { name: String(name), uuid };
    },
    storagePoolRefresh: async () => undefined,
    storagePoolGetInfo: async ({ pool }) => {
      const { available } = known.get(pool.name) as Pool;
      if (available instanceof FakeFailure) throw available;
      return { state: 2, capacity: 1_000n, allocation: 0n, available };
    },
  };
  const links = openLinks(fake.uri, { callTimeoutMs: 2_000 }, 50);
  onTestFinished(() => closeLinks(links));
  await linksReady(links, AbortSignal.timeout(10_000));
  return { fake, link: links.control };
}

const folder = (path: string, available: bigint | FakeFailure, type = 'dir'): Pool => ({ type, path, available });

it('is in libvirt’s dump folder: in its pool, or in one that is made over it', async () => {
  const { link } = await daemonWith({ images: folder('/images', 100n), dumps: folder(dumpFolder, 100n) });
  const place = await findVolumePlace(link, 100);
  expect(place).toMatchObject({ pool: 'dumps', path: `${dumpFolder}/${place.name}` });
  const { link: bare } = await daemonWith({ images: folder('/images', 100n) }, folder(dumpFolder, 100n));
  expect(await findVolumePlace(bare, 100)).toMatchObject({ path: expect.stringContaining(`${dumpFolder}/`) });
});

it('is in another pool of files where there is none, no room or no disk', async () => {
  const { link } = await daemonWith({
    disks: folder('/dev', 1_000n, 'logical'),
    odd: folder('relative', 1_000n),
    gone: folder('/gone', new FakeFailure(38, 'no disk')),
    small: folder('/small', 99n),
    large: folder('/large', 100n, 'netfs'),
  });
  expect(await findVolumePlace(link, 100)).toMatchObject({ pool: 'large' });
});

it('is nowhere: the room that there is, or what libvirt says', async () => {
  const { link } = await daemonWith({ small: folder('/small', 99n) });
  await expect(findVolumePlace(link, 100)).rejects.toMatchObject({
    code: 'NO_SPACE',
    message: expect.stringContaining('/small has 99'),
  });
  const { link: none } = await daemonWith({});
  await expect(findVolumePlace(none, 100)).rejects.toThrow('no such folder');
});

it('is removed with what lies there; nothing being there is as good, and no other failure is', async () => {
  const { fake, link } = await daemonWith({ dumps: folder(dumpFolder, 1n) });
  const place = { pool: 'dumps', name: 'one' };
  // VIR_ERR_NO_STORAGE_POOL, VIR_ERR_NO_STORAGE_VOL, VIR_ERR_OPERATION_FAILED.
  fake.overrides = { ...fake.overrides, storagePoolLookupByName: refuse(49) };
  await removeVolume(link, place);
  fake.overrides = {
    ...fake.overrides,
    storagePoolLookupByName: async ({ name }) => ({ name, uuid }),
    storageVolLookupByName: refuse(50),
  };
  await removeVolume(link, place);
  fake.overrides = { ...fake.overrides, storageVolLookupByName: refuse(9) };
  await expect(removeVolume(link, place)).rejects.toMatchObject({ number: 9 });
});
