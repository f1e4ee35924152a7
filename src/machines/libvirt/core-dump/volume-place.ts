import { randomBytes, randomUUID } from 'node:crypto';
import { MemoirError } from '../../../domain/memoir-error.ts';
import { LibvirtError } from '../../../libvirt/error.ts';
import type { PoolRef, VolumeRef } from '../../../libvirt/protocol/handles.ts';
import { listPoolsFlags } from '../../../libvirt/protocol/values.ts';
import type { ReconnectingConnection } from '../../../libvirt/reconnecting-connection.ts';
import { parseXml, xmlElement } from '../../../libvirt/xml.ts';
import { isAway } from '../failure.ts';
import { placePrefix } from '../meeting-place.ts';

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

/** Pools whose volumes are files in a folder. */
const folderPools: ReadonlySet<string | undefined> = new Set(['dir', 'fs', 'netfs']);

/**
 * Finds room for `bytes` on the hypervisor's host: in libvirt's dump folder, for which a transient pool is made if need be,
 * else in another active pool of files. NO_SPACE where none has enough; libvirt's error where there is none at all.
 */
export async function findVolumePlace(link: ReconnectingConnection, bytes: number): Promise<VolumePlace> {
  const pools = await folderPoolsOf(link);
  const seen: string[] = [];
  let refused: unknown;
  const candidates = [
    () => pools.find(({ folder }) => folder === dumpFolder) ?? makeDumpPool(link),
    ...pools.filter(({ folder }) => folder !== dumpFolder).map((pool) => () => pool),
  ];
  for (const candidate of candidates)
    try {
      const { pool, folder } = await candidate();
      await link.call('storagePoolRefresh', { pool, flags: 0 });
      const { available } = await link.call('storagePoolGetInfo', { pool });
      const name = `${placePrefix}${randomBytes(12).toString('hex')}.elf`;
      if (available >= BigInt(bytes)) return { pool: pool.name, name, path: `${folder}/${name}` };
      seen.push(`${folder} has ${available}`);
    } catch (error) {
      if (!(error instanceof LibvirtError) || isAway(error)) throw error;
      // A session daemon has no dump folder; a pool's disk may be gone. The next one may do.
      refused ??= error;
    }
  if (seen.length === 0) throw refused;
  throw new MemoirError(
    'NO_SPACE',
    `a dump needs ${bytes} bytes on the hypervisor’s host, and of its storage pools ${seen.join(', ')} bytes free`,
    { hint: 'Free some space there: a dump that cannot be streamed to us lies in it until it is fetched.' },
  );
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

interface FolderPool {
  readonly pool: PoolRef;
  readonly folder: string;
}

async function folderPoolsOf(link: ReconnectingConnection): Promise<FolderPool[]> {
  const { pools } = await link.call('connectListAllStoragePools', { need: 1, flags: listPoolsFlags.active });
  const found: FolderPool[] = [];
  for (const pool of pools) {
    const xml = parseXml(await link.call('storagePoolGetXmlDesc', { pool, flags: 0 }));
    const folder = xmlElement(xml, 'target', 'path')?.text.trim() ?? '';
    if (folderPools.has(xml.attributes.get('type')) && folder.startsWith('/')) found.push({ pool, folder });
  }
  return found;
}

/** A transient pool: it is gone when libvirtd is. Two pools may not share a folder. */
async function makeDumpPool(link: ReconnectingConnection): Promise<FolderPool> {
  const uuid = randomUUID();
  const xml = `<pool type='dir'><name>${placePrefix}dumps</name><uuid>${uuid}</uuid><target><path>${dumpFolder}</path></target></pool>`;
  return { pool: await link.call('storagePoolCreateXml', { xml, flags: 0 }), folder: dumpFolder };
}
