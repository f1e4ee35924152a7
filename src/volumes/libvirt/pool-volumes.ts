import { MemoirError } from '../../domain/memoir-error.ts';
import type { PoolRef, VolumeRef } from '../../libvirt/protocol/handles.ts';
import { listPoolsFlags, volumeTypes } from '../../libvirt/protocol/values.ts';
import type { ReconnectingConnection } from '../../libvirt/reconnecting-connection.ts';
import { escapeXml, parseXml, xmlElement } from '../../libvirt/xml.ts';
import type { VolumeSpec } from '../volume-provider.ts';
import { isLibvirt } from './failure.ts';

/** A volume of ours in a pool. */
export interface PoolVolume {
  readonly ref: VolumeRef;
  readonly mark: string;
  readonly sizeBytes: number;
  readonly path: string;
  readonly isBlock: boolean;
  readonly format: string;
}

interface Asking {
  readonly link: ReconnectingConnection;
  readonly signal: AbortSignal;
}

const prefix = 'memoir-';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Pools whose volumes are files, which may be sparse. */
const filePools: ReadonlySet<string | undefined> = new Set(['dir', 'fs', 'netfs']);

export const volumeName = (mark: string): string => `${prefix}${mark}`;

function markOf(name: string): string | null {
  const mark = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return uuid.test(mark) ? mark : null;
}

async function activePools({ link, signal }: Asking): Promise<readonly PoolRef[]> {
  const { pools } = await link.call(
    'connectListAllStoragePools',
    { need: 1, flags: listPoolsFlags.active },
    { signal },
  );
  return pools;
}

/** The volume of a mark, in whichever pool it is. */
export async function findPoolVolume(asking: Asking, mark: string): Promise<PoolVolume | null> {
  const { link, signal } = asking;
  for (const pool of await activePools(asking)) {
    try {
      const ref = await link.call('storageVolLookupByName', { pool, name: volumeName(mark) }, { signal });
      return await read(asking, ref, mark);
    } catch (error) {
      if (!isLibvirt(error, 'NO_STORAGE_VOL', 'NO_STORAGE_POOL', 'OPERATION_INVALID')) throw error;
    }
  }
  return null;
}

export async function listPoolVolumes(asking: Asking): Promise<readonly PoolVolume[]> {
  const { link, signal } = asking;
  const found: PoolVolume[] = [];
  for (const pool of await activePools(asking)) {
    const { volumes } = await link.call('storagePoolListAllVolumes', { pool, need: 1, flags: 0 }, { signal });
    for (const ref of volumes) {
      const mark = markOf(ref.name);
      const volume = mark && (await read(asking, ref, mark).catch(ignoreGone));
      if (volume) found.push(volume);
    }
  }
  return found;
}

function ignoreGone(error: unknown): null {
  if (isLibvirt(error, 'NO_STORAGE_VOL')) return null;
  throw error;
}

async function read({ link, signal }: Asking, ref: VolumeRef, mark: string): Promise<PoolVolume> {
  const { type, capacity } = await link.call('storageVolGetInfo', { volume: ref }, { signal });
  const target = xmlElement(
    parseXml(await link.call('storageVolGetXmlDesc', { volume: ref, flags: 0 }, { signal })),
    'target',
  );
  return {
    ref,
    mark,
    sizeBytes: Number(capacity),
    path: (target && xmlElement(target, 'path')?.text) || ref.key,
    isBlock: type === volumeTypes.block,
    format: (target && xmlElement(target, 'format')?.attributes.get('type')) || 'raw',
  };
}

/** In the pool that was asked for, or `usual`, or the only one that there is. */
async function choosePool(asking: Asking, wanted: string | null): Promise<PoolRef> {
  const pools = await activePools(asking);
  const named = wanted === null ? undefined : pools.find(({ name }) => name === wanted);
  if (named !== undefined) return named;
  const names = pools.map(({ name }) => name).join(', ') || 'none';
  if (wanted !== null)
    throw new MemoirError('NOT_FOUND', `libvirt has no active storage pool ${wanted} (it has: ${names})`);
  const only = pools.length === 1 ? pools[0] : pools.find(({ name }) => name === 'default');
  if (only === undefined) {
    throw new MemoirError('BAD_INPUT', `which storage pool is meant? libvirt has these active: ${names}`, {
      hint: 'Name one of them as the zone, or set VOLUME_POOL.',
    });
  }
  return only;
}

export async function createPoolVolume(asking: Asking, spec: VolumeSpec, usualPool: string | null): Promise<void> {
  const { link, signal } = asking;
  const pool = await choosePool(asking, spec.placement.zone ?? usualPool);
  const type = parseXml(await link.call('storagePoolGetXmlDesc', { pool, flags: 0 }, { signal })).attributes.get(
    'type',
  );
  const format = spec.placement.offering ?? 'raw';
  if (!['raw', 'qcow2'].includes(format))
    throw new MemoirError('BAD_INPUT', `the format ${format} is neither raw nor qcow2`);
  const sparse = filePools.has(type);
  const xml = `<volume>
  <name>${escapeXml(volumeName(spec.mark))}</name>
  <capacity unit='bytes'>${spec.sizeBytes}</capacity>${sparse ? "\n  <allocation unit='bytes'>0</allocation>" : ''}
  <target>${sparse ? `<format type='${format}'/>` : ''}<permissions><mode>0600</mode></permissions></target>
</volume>`;
  try {
    await link.call('storageVolCreateXml', { pool, xml, flags: 0 }, { signal });
  } catch (error) {
    // Somebody else of the same mark was faster.
    if (!isLibvirt(error, 'STORAGE_VOL_EXIST')) throw error;
  }
}
