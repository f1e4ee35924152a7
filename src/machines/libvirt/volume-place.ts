import { randomBytes, randomUUID } from 'node:crypto';
import { MemoirError } from '../../domain/memoir-error.ts';
import { LibvirtError } from '../../libvirt/error.ts';
import type { PoolRef, VolumeRef } from '../../libvirt/protocol/handles.ts';
import { listPoolsFlags } from '../../libvirt/protocol/values.ts';
import type { ReconnectingConnection } from '../../libvirt/reconnecting-connection.ts';
import { placePrefix } from './meeting-place.ts';
import { parseXml, xmlElement } from './xml.ts';

/**
 * Where libvirt itself keeps dumps (`auto_dump_path` of qemu.conf, its default): made by its package, writable for it under
 * every security module. A pool over it makes what lies there readable through libvirt.
 */
const dumpFolder = '/var/lib/libvirt/qemu/dump';

/** A file on the hypervisor's host that a dump can go to, and that can be read through libvirt as a volume. */
export interface VolumePlace {
  readonly pool: string;
  readonly name: string;
  readonly path: string;
}

/** Finds room for `bytes` on the hypervisor's host; NO_SPACE where there is less. Makes a transient pool if need be. */
export async function findVolumePlace(link: ReconnectingConnection, bytes: number): Promise<VolumePlace> {
  const pool = await dumpPool(link);
  await link.call('storagePoolRefresh', { pool, flags: 0 });
  const { available } = await link.call('storagePoolGetInfo', { pool });
  if (available < BigInt(bytes))
    throw new MemoirError(
      'NO_SPACE',
      `the hypervisor’s ${dumpFolder} has ${available} bytes free, and ${bytes} are needed`,
      {
        hint: 'Free some space there: a dump of a remote machine lies in it until it is fetched.',
      },
    );
  const name = `${placePrefix}${randomBytes(12).toString('hex')}.elf`;
  return { pool: pool.name, name, path: `${dumpFolder}/${name}` };
}

/** The volume of a place, once something was written there. */
export async function volumeAt(link: ReconnectingConnection, { pool, name }: VolumePlace): Promise<VolumeRef> {
  const found = await link.call('storagePoolLookupByName', { name: pool });
  await link.call('storagePoolRefresh', { pool: found, flags: 0 });
  return link.call('storageVolLookupByName', { pool: found, name });
}

/** Removes what a dump left at a place; nothing being there is as good. */
export async function removeVolume(
  link: ReconnectingConnection,
  { pool, name }: { readonly pool: string; readonly name: string },
): Promise<void> {
  try {
    const found = await link.call('storagePoolLookupByName', { name: pool });
    await link.call('storagePoolRefresh', { pool: found, flags: 0 });
    const volume = await link.call('storageVolLookupByName', { pool: found, name });
    await link.call('storageVolDelete', { volume, flags: 0 });
  } catch (error) {
    if (error instanceof LibvirtError && ['NO_STORAGE_VOL', 'NO_STORAGE_POOL'].includes(error.code)) return;
    throw error;
  }
}

/** The pool over libvirt's dump folder: somebody's, since two may not share a folder, else a transient one of ours. */
async function dumpPool(link: ReconnectingConnection): Promise<PoolRef> {
  const { pools } = await link.call('connectListAllStoragePools', { need: 1, flags: listPoolsFlags.active });
  for (const pool of pools) {
    const xml = parseXml(await link.call('storagePoolGetXmlDesc', { pool, flags: 0 }));
    if (xmlElement(xml, 'target', 'path')?.text.trim() === dumpFolder) return pool;
  }
  const uuid = randomUUID();
  const xml = `<pool type='dir'><name>${placePrefix}dumps</name><uuid>${uuid}</uuid><target><path>${dumpFolder}</path></target></pool>`;
  return link.call('storagePoolCreateXml', { xml, flags: 0 });
}
