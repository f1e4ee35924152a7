import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { MemoirError } from '../../domain/memoir-error.ts';
import { serialOf } from '../serial.ts';
import { Turns } from '../turns.ts';
import type { ProvidedVolume, VolumeProvider } from '../volume-provider.ts';
import {
  type CloudstackAddress,
  type CloudstackClient,
  CloudstackRefusal,
  type CloudstackTimes,
  createCloudstackClient,
} from './cloudstack-client.ts';

export interface CloudstackProviderOptions extends CloudstackAddress {
  /** Zone and disk offering of volumes that name none. */
  readonly zone: string | null;
  readonly offering: string | null;
  /** The machine that this server runs in; null if it is none of this cloud's. */
  readonly here: string | null;
  readonly times?: CloudstackTimes;
}

const cloudVolume = z.object({
  id: z.string(),
  name: z.string(),
  size: z.number(),
  state: z.string(),
  virtualmachineid: z.string().optional(),
  hypervisor: z.string().optional(),
});
type CloudVolume = z.infer<typeof cloudVolume>;
const cloudVolumes = z.array(cloudVolume).default([]);

const gibibyte = 2 ** 30;
const pageSize = 100;
const prefix = 'memoir-';
const nameOf = (mark: string): string => prefix + mark;
const isMark = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
/** States that pass by themselves. */
const passing: ReadonlySet<string> = new Set(['Creating', 'Attaching', 'Detaching', 'Resizing', 'Expunging']);

/**
 * Volumes of a CloudStack, found again by a name made of our mark: its API has no idempotency keys. What it says of device numbers is not
 * looked at. On KVM a device's serial is the beginning of the volume's UUID there (CloudStack pull request 1120).
 */
export function createCloudstackProvider(options: CloudstackProviderOptions): VolumeProvider {
  const client = createCloudstackClient(options, options.times);
  const turns = new Turns();

  function asked<T>(what: string, mark: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return turns.take(mark, async () => {
      signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        throw toFailure(error, what);
      }
    });
  }
  async function find(mark: string, signal: AbortSignal): Promise<CloudVolume | null> {
    const isThere = ({ state }: CloudVolume): boolean => !['Destroy', 'Expunged'].includes(state);
    const found = await listVolumes(client, { name: nameOf(mark) }, signal);
    const named = found.find((volume) => volume.name === nameOf(mark) && isThere(volume));
    if (named !== undefined) return named;
    // One that was imported has its own id as its mark. CloudStack refuses an id that it does not know.
    const imported = await listVolumes(client, { id: mark }, signal).catch((error: unknown) => {
      if (error instanceof CloudstackRefusal && error.errorCode === 431) return [];
      throw error;
    });
    return imported.find((volume) => volume.id === mark && isThere(volume)) ?? null;
  }
  async function existing(mark: string, signal: AbortSignal): Promise<CloudVolume> {
    const volume = await find(mark, signal);
    if (volume === null) throw new MemoirError('NOT_FOUND', `CloudStack has no volume with the mark ${mark}`);
    return volume;
  }
  /** The volume once it is in no passing state: another call, or a job that was forgotten, may still be at work. */
  async function settled(mark: string, signal: AbortSignal): Promise<CloudVolume> {
    const endsAtMs = performance.now() + client.jobMs;
    for (;;) {
      const volume = await existing(mark, signal);
      if (!passing.has(volume.state) || performance.now() >= endsAtMs) return volume;
      await sleep(client.pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
  /** Carries out a job; what counts is what the volume is like afterwards. */
  async function change(
    command: string,
    parameters: Readonly<Record<string, string>>,
    mark: string,
    isDone: (volume: CloudVolume) => boolean,
    signal: AbortSignal,
  ): Promise<CloudVolume> {
    const refused = await client.job(command, parameters, signal).then(
      () => null,
      (error: unknown) => {
        if (error instanceof CloudstackRefusal) return error;
        throw error;
      },
    );
    const volume = await settled(mark, signal);
    if (isDone(volume)) return volume;
    throw (
      refused ?? new MemoirError('PROVIDER_REFUSED', `CloudStack forgot the job of ${command}, and it was not done`)
    );
  }

  return {
    kind: 'cloudstack',
    create: (spec, signal) =>
      asked('creating a volume', spec.mark, signal, async () => {
        if ((await find(spec.mark, signal)) === null) {
          const zoneid = spec.placement.zone ?? options.zone;
          const diskofferingid = spec.placement.offering ?? options.offering;
          if (zoneid === null || diskofferingid === null)
            throw new MemoirError('BAD_INPUT', 'a CloudStack volume needs a zone and a disk offering');
          const size = String(Math.ceil(spec.sizeBytes / gibibyte));
          const parameters = { name: nameOf(spec.mark), zoneid, diskofferingid, size };
          await client.job('createVolume', parameters, signal).catch(async (error: unknown) => {
            if ((await find(spec.mark, signal)) === null) throw error;
          });
        }
        return toProvided(await settled(spec.mark, signal), spec.mark);
      }),

    attach: ({ mark, machineId }, signal) =>
      asked('attaching a volume', mark, signal, async () => {
        const volume = await settled(mark, signal);
        const { virtualmachineid: owner } = volume;
        if (owner === machineId) return toProvided(volume, mark);
        if (owner !== undefined) throw new MemoirError('VOLUME_IN_USE', `the volume is attached to machine ${owner}`);
        await checkMachine(client, machineId, signal);
        const parameters = { id: volume.id, virtualmachineid: machineId };
        const isDone = (now: CloudVolume): boolean => now.virtualmachineid === machineId;
        return toProvided(await change('attachVolume', parameters, mark, isDone, signal), mark);
      }),

    detach: ({ mark, machineId }, signal) =>
      asked('detaching a volume', mark, signal, async () => {
        const volume = await settled(mark, signal);
        if (volume.virtualmachineid !== machineId) return toProvided(volume, mark);
        const isDone = (now: CloudVolume): boolean => now.virtualmachineid === undefined;
        try {
          return toProvided(await change('detachVolume', { id: volume.id }, mark, isDone, signal), mark);
        } catch (error) {
          if (!(error instanceof CloudstackRefusal)) throw error;
          throw new MemoirError('DETACH_REFUSED', `CloudStack could not detach the volume: ${error.message}`);
        }
      }),

    delete: (mark, signal) =>
      asked('deleting a volume', mark, signal, async () => {
        if ((await find(mark, signal)) === null) return;
        const volume = await settled(mark, signal);
        if (volume.virtualmachineid !== undefined)
          throw new MemoirError('VOLUME_IN_USE', `the volume is attached to machine ${volume.virtualmachineid}`);
        await client.call('deleteVolume', { id: volume.id }, signal).catch(async (error: unknown) => {
          if ((await find(mark, signal)) !== null) throw error;
        });
      }),

    resize: (mark, sizeBytes, signal) =>
      asked('resizing a volume', mark, signal, async () => {
        const volume = await settled(mark, signal);
        const size = Math.ceil(sizeBytes / gibibyte);
        if (size * gibibyte < volume.size)
          throw new MemoirError('BAD_INPUT', `the volume has ${volume.size} bytes and cannot shrink`);
        if (size * gibibyte === volume.size) return toProvided(volume, mark);
        const isDone = (now: CloudVolume): boolean => now.size >= size * gibibyte;
        const parameters = { id: volume.id, size: String(size) };
        return toProvided(await change('resizeVolume', parameters, mark, isDone, signal), mark);
      }),

    describe: (mark, signal) =>
      asked('asking for a volume', mark, signal, async () => {
        const volume = await find(mark, signal);
        return volume && toProvided(volume, mark);
      }),

    list: (signal) =>
      asked('listing volumes', 'list', signal, async () => {
        const volumes = await listVolumes(client, { keyword: prefix }, signal);
        return volumes
          .filter(({ name, state }) => isMark(name.slice(prefix.length)) && !['Destroy', 'Expunged'].includes(state))
          .map((volume) => toProvided(volume, volume.name.slice(prefix.length)));
      }),

    isHere: (machineId) => machineId === options.here,
    close: async () => undefined,
  };
}

/** All pages. */
async function listVolumes(
  client: CloudstackClient,
  filter: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly CloudVolume[]> {
  const found: CloudVolume[] = [];
  for (let page = 1; ; page++) {
    const paging = { listall: 'true', page: String(page), pagesize: String(pageSize) };
    const { volume, count } = await client.call('listVolumes', { ...filter, ...paging }, signal);
    const { data: volumes } = cloudVolumes.safeParse(volume);
    if (volumes === undefined) throw new MemoirError('PROVIDER_REFUSED', 'CloudStack listed invalid volumes');
    found.push(...volumes);
    if (volumes.length < pageSize || found.length >= Number(count ?? 0)) return found;
  }
}

async function checkMachine(client: CloudstackClient, id: string, signal: AbortSignal): Promise<void> {
  const missing = new MemoirError('NOT_FOUND', `CloudStack has no machine ${id}`);
  const answer = await client.call('listVirtualMachines', { id, listall: 'true' }, signal).catch((error: unknown) => {
    if (error instanceof CloudstackRefusal && error.errorCode === 431) throw missing;
    throw error;
  });
  if (!Array.isArray(answer.virtualmachine) || answer.virtualmachine.length === 0) throw missing;
}

function toProvided(volume: CloudVolume, mark: string): ProvidedVolume {
  const { id, size, virtualmachineid, hypervisor = 'KVM' } = volume;
  return {
    mark,
    providerId: id,
    sizeBytes: size,
    serial: ['KVM', 'None'].includes(hypervisor) ? serialOf(id) : null,
    attachedTo: virtualmachineid === undefined ? [] : [virtualmachineid],
    path: null,
  };
}

/** CloudStack's codes (ApiErrorCode.java) as ours. */
function toFailure(error: unknown, what: string): unknown {
  if (!(error instanceof CloudstackRefusal)) return error;
  const { errorCode, message } = error;
  const options = { details: { cloudstack: errorCode } };
  if (errorCode === 401)
    return new MemoirError('PROVIDER_REFUSED', `${what}: CloudStack does not accept the keys: ${message}`, {
      ...options,
      hint: 'Check CLOUDSTACK_API_KEY and CLOUDSTACK_SECRET_KEY, and that the clocks agree.',
    });
  const isAway = [502, 503, 504, 530, 533, 534].includes(errorCode);
  return new MemoirError(
    isAway ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_REFUSED',
    `${what}: ${message} (CloudStack ${errorCode})`,
    options,
  );
}
