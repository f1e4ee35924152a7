import { MemoirError } from '../../domain/memoir-error.ts';
import { blockResizeFlags, impactFlags } from '../../libvirt/protocol/values.ts';
import { ReconnectingConnection, type ReconnectOptions } from '../../libvirt/reconnecting-connection.ts';
import { escapeXml } from '../../libvirt/xml.ts';
import { serialOf } from '../serial.ts';
import { Turns } from '../turns.ts';
import type { AttachTarget, ProvidedVolume, VolumeProvider } from '../volume-provider.ts';
import {
  allDomainDisks,
  type DomainDisk,
  type DomainDisks,
  domainDisks,
  freeTarget,
  isRunning,
} from './domain-disks.ts';
import { isLibvirt, toProviderFailure } from './failure.ts';
import { createPoolVolume, findPoolVolume, listPoolVolumes, type PoolVolume } from './pool-volumes.ts';
import { unplug } from './unplug.ts';

export interface LibvirtProviderOptions {
  readonly uri: string;
  /** The pool of volumes that name none; null for `default`, or the only one. */
  readonly pool: string | null;
  /** The machine that this process runs in, if it is one of this libvirt's. */
  readonly here: string | null;
  /** Whether the files of pools are this host's. */
  readonly isLocal: boolean;
  readonly connection?: ReconnectOptions;
  readonly detachTimeoutMs?: number;
  readonly askAgainMs?: number;
  /** How long a call waits for a daemon that is being dialled. */
  readonly readyMs?: number;
}

/** The name by which libvirt itself finds the device again: in the XML, in events, in a detachment. */
const aliasOf = (mark: string): string => `ua-${mark}`;

/** Volumes of libvirt's storage pools, hot-plugged as virtio disks whose serial and alias are made from our mark. */
export function createLibvirtProvider(options: LibvirtProviderOptions): VolumeProvider {
  const { uri, pool, here, detachTimeoutMs = 30_000, askAgainMs = 5_000, readyMs = 5_000 } = options;
  // Dialled with the first question: a server whose volumes nobody uses opens no second connection.
  let dialled: ReconnectingConnection | undefined;
  const link = (): ReconnectingConnection => {
    dialled ??= new ReconnectingConnection(uri, options.connection);
    return dialled;
  };
  const turns = new Turns();

  /** Carries out what needs an answer; one call at a time about one volume. */
  function asked<T>(what: string, mark: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return turns.take(mark, async () => {
      signal.throwIfAborted();
      try {
        await ready(signal);
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        throw toProviderFailure(error, what);
      }
    });
  }
  /** A daemon that is being dialled gets a moment; then the reason why it is away is the answer. */
  async function ready(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.timeout(readyMs);
    await link()
      .ready({ signal: AbortSignal.any([signal, limit]) })
      .catch((error: unknown) => {
        if (limit.aborted) return link().connection;
        throw error;
      });
  }
  async function existing(mark: string, signal: AbortSignal): Promise<PoolVolume> {
    const volume = await findPoolVolume({ link: link(), signal }, mark);
    if (volume === null) throw new MemoirError('NOT_FOUND', `libvirt has no volume with the mark ${mark}`);
    return volume;
  }
  async function shown(volume: PoolVolume, signal: AbortSignal): Promise<ProvidedVolume> {
    return toProvided(volume, await allDomainDisks({ link: link(), signal }), options.isLocal);
  }

  async function attachTo(domain: DomainDisks, volume: PoolVolume, signal: AbortSignal): Promise<void> {
    const alias = aliasOf(volume.mark);
    const has = (disks: readonly DomainDisk[]) => disks.some((disk) => disk.alias === alias);
    const isLive = isRunning(domain.domain);
    const wantsConfig = domain.config.length > 0 || !isLive || (await isPersistent(domain.domain.uuid, signal));
    const flags =
      (isLive && !has(domain.live) ? impactFlags.live : 0) |
      (wantsConfig && !has(domain.config) ? impactFlags.config : 0);
    if (flags === 0) return;
    const target =
      [...domain.live, ...domain.config].find((disk) => disk.alias === alias)?.target ??
      freeTarget([...domain.live, ...domain.config]);
    await link().call(
      'domainAttachDeviceFlags',
      { domain: domain.domain, xml: diskXml(volume, target), flags },
      { signal },
    );
  }
  async function isPersistent(machineId: string, signal: AbortSignal): Promise<boolean> {
    const { domains } = await link().call('connectListAllDomains', { need: 1, flags: 4 }, { signal });
    return domains.some(({ uuid }) => uuid === machineId);
  }

  return {
    kind: 'libvirt',
    create: (spec, signal) =>
      asked('creating a volume', spec.mark, signal, async () => {
        if ((await findPoolVolume({ link: link(), signal }, spec.mark)) === null)
          await createPoolVolume({ link: link(), signal }, spec, pool);
        return shown(await existing(spec.mark, signal), signal);
      }),

    attach: ({ mark, machineId }, signal) =>
      asked('attaching a volume', mark, signal, async () => {
        const volume = await existing(mark, signal);
        const [other] = (await shown(volume, signal)).attachedTo.filter((id) => id !== machineId);
        if (other !== undefined) throw new MemoirError('VOLUME_IN_USE', `the volume is attached to machine ${other}`);
        // Two volumes that come to one machine at once must not choose the same target.
        await turns.take(`machine ${machineId}`, async () => {
          const domain = await domainDisks({ link: link(), signal }, machineId);
          if (domain === null) throw new MemoirError('NOT_FOUND', `libvirt has no machine ${machineId}`);
          await attachTo(domain, volume, signal);
        });
        const attached = await shown(volume, signal);
        if (!attached.attachedTo.includes(machineId))
          throw new MemoirError('PROVIDER_REFUSED', 'libvirt accepted the attachment, and its XML does not show it');
        return attached;
      }),

    detach: ({ mark, machineId }: AttachTarget, signal) =>
      asked('detaching a volume', mark, signal, async () => {
        const alias = aliasOf(mark);
        const has = (disks: readonly DomainDisk[] | undefined) => disks?.some((disk) => disk.alias === alias) ?? false;
        const before = await domainDisks({ link: link(), signal }, machineId);
        if (before !== null && has(before.live)) {
          const limits = { timeoutMs: detachTimeoutMs, againMs: Math.min(askAgainMs, detachTimeoutMs) };
          await unplug(before.domain, alias, { link: link(), signal, ...limits });
        }
        // Only now: a guest that refuses has the disk at its next start as well.
        const after = before && (await domainDisks({ link: link(), signal }, machineId));
        if (after !== null && has(after.config)) {
          const args = { domain: after.domain, alias, flags: impactFlags.config };
          await link().call('domainDetachDeviceAlias', args, { signal });
        }
        return shown(await existing(mark, signal), signal);
      }),

    delete: (mark, signal) =>
      asked('deleting a volume', mark, signal, async () => {
        const volume = await findPoolVolume({ link: link(), signal }, mark);
        if (volume === null) return;
        const [machine] = (await shown(volume, signal)).attachedTo;
        if (machine !== undefined)
          throw new MemoirError('VOLUME_IN_USE', `the volume is attached to machine ${machine}`);
        try {
          await link().call('storageVolDelete', { volume: volume.ref, flags: 0 }, { signal });
        } catch (error) {
          if (!isLibvirt(error, 'NO_STORAGE_VOL')) throw error;
        }
      }),

    resize: (mark, sizeBytes, signal) =>
      asked('resizing a volume', mark, signal, async () => {
        const volume = await existing(mark, signal);
        if (sizeBytes < volume.sizeBytes)
          throw new MemoirError('BAD_INPUT', `the volume has ${volume.sizeBytes} bytes and cannot shrink`);
        if (sizeBytes > volume.sizeBytes) await grow(volume, BigInt(sizeBytes), signal);
        return shown(await existing(mark, signal), signal);
      }),

    describe: (mark, signal) =>
      asked('asking for a volume', mark, signal, async () => {
        const volume = await findPoolVolume({ link: link(), signal }, mark);
        return volume && shown(volume, signal);
      }),

    list: (signal) =>
      asked('listing volumes', 'list', signal, async () => {
        const domains = await allDomainDisks({ link: link(), signal });
        const volumes = await listPoolVolumes({ link: link(), signal });
        return volumes.map((volume) => toProvided(volume, domains, options.isLocal));
      }),

    isHere: (machineId) => machineId === here,
    close: async () => dialled?.close(),
  };

  /** A running QEMU has to do it itself, so that the guest learns of it. */
  async function grow(volume: PoolVolume, capacityBytes: bigint, signal: AbortSignal): Promise<void> {
    const domains = await allDomainDisks({ link: link(), signal });
    for (const { domain, live } of domains) {
      const disk = live.find(({ alias }) => alias === aliasOf(volume.mark));
      if (disk === undefined) continue;
      const args = { domain, disk: disk.target, size: capacityBytes, flags: blockResizeFlags.bytes };
      await link().call('domainBlockResize', args, { signal });
      return;
    }
    await link().call('storageVolResize', { volume: volume.ref, capacityBytes, flags: 0 }, { signal });
  }
}

function toProvided(volume: PoolVolume, domains: readonly DomainDisks[], isLocal: boolean): ProvidedVolume {
  const { mark, sizeBytes, path, ref } = volume;
  // By the path too: someone may have attached it by hand.
  const isMine = (disk: DomainDisk): boolean => disk.alias === aliasOf(mark) || disk.path === path;
  const attachedTo = domains
    .filter(({ live, config }) => live.some(isMine) || config.some(isMine))
    .map(({ domain }) => domain.uuid);
  return { mark, providerId: ref.key, sizeBytes, serial: serialOf(mark), attachedTo, path: isLocal ? path : null };
}

function diskXml(volume: PoolVolume, target: string): string {
  const [type, attribute] = volume.isBlock ? ['block', 'dev'] : ['file', 'file'];
  return `<disk type='${type}' device='disk'>
  <driver name='qemu' type='${escapeXml(volume.format)}' cache='none' discard='unmap'/>
  <source ${attribute}='${escapeXml(volume.path)}'/>
  <target dev='${target}' bus='virtio'/>
  <serial>${serialOf(volume.mark)}</serial>
  <alias name='${aliasOf(volume.mark)}'/>
</disk>`;
}
