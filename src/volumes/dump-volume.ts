import { statfs } from 'node:fs/promises';
import type { Closable } from '../domain/closable.ts';
import { MemoirError, toErrorShape } from '../domain/memoir-error.ts';
import type { Operation } from '../operations/operation.ts';
import type { VolumeCatalogue } from './catalogue.ts';
import type { DeviceFinder } from './device-finder.ts';
import type { DeviceNames } from './device-names.ts';
import type { BlockDevice } from './devices/block-device.ts';
import { growExt4, signatureOf } from './filesystem/ext4.ts';
import { mountExt4, mountedOn, unmount } from './filesystem/mounts.ts';
import { openDevice } from './filesystem/open-device.ts';
import type { Volumes } from './volumes.ts';

/** Which volume dumps are written to, and how far it may grow by itself. */
export interface DumpVolumePolicy {
  readonly volume: string;
  /** It grows when less than this is free. */
  readonly freeBytes: number;
  /** Never beyond this; null: it does not grow by itself. */
  readonly maxBytes: number | null;
}

export interface DumpVolumeOptions extends DumpVolumePolicy {
  readonly folder: string;
  readonly catalogue: VolumeCatalogue;
  readonly finder: DeviceFinder;
  readonly names: DeviceNames;
  readonly log: { warn(facts: object, message: string): void; error(facts: object, message: string): void };
  readonly watchMs?: number;
}

/** The volume that dumps are written to, mounted for as long as this is open. */
export interface DumpVolume extends Closable {
  /** Watches it from now on: grows it by the policy, and mounts it again if it was taken away. */
  watch(volumes: Pick<Volumes, 'resize'>, operations: { settled(id: string): Promise<Operation> }): void;
  /** One look, now. */
  look(): Promise<void>;
}

const actor = 'memoir';
const stepMs = 120_000;

/**
 * Mounts the volume on the folder of the dumps. Refuses whatever is not proven: the device by `verified`, the file system by its UUID, which
 * is the volume's; and never formats: that is asked for by word (`formatVolume`).
 */
export async function mountDumpVolume(options: DumpVolumeOptions): Promise<DumpVolume> {
  const { volume: wanted, folder, catalogue, finder, names, freeBytes, maxBytes, log, watchMs = 15_000 } = options;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let grow: ((sizeBytes: number) => Promise<void>) | undefined;
  let grownFor: number | null = null;
  let told = '';
  const closing = new AbortController();
  const signal = (): AbortSignal => AbortSignal.any([closing.signal, AbortSignal.timeout(stepMs)]);

  async function proven(): Promise<{ readonly name: string; readonly device: BlockDevice }> {
    const volume = (await catalogue.get(wanted)) ?? (await catalogue.byName(wanted));
    if (volume === null)
      throw new MemoirError('CONFIG_INVALID', `DUMP_VOLUME=${wanted}: there is no such volume`, {
        hint: 'Start without DUMP_VOLUME, then create, attach and format it: memoir volume --help.',
      });
    if (volume.export?.writable)
      throw new MemoirError('VOLUME_IN_USE', `volume ${volume.name} is exported, and its clients may write`);
    // After a restart of the host a serial proves the device anew; without one nothing does.
    const device = volume.serial === null ? await finder.verified(volume) : await finder.identified(volume);
    const opened = await openDevice(device);
    try {
      const found = await signatureOf(opened, signal());
      if (found?.TYPE !== 'ext4' || found.UUID !== volume.id)
        throw new MemoirError('VOLUME_NOT_EMPTY', `volume ${volume.name} has no file system that Memoir made on it`, {
          hint: `If it is empty: memoir volume format ${volume.name} --confirm ${volume.name}.`,
        });
    } finally {
      await opened.close();
    }
    return { name: volume.name, device };
  }

  async function mountProven(): Promise<void> {
    const { name, device } = await proven();
    if ((await mountedOn(folder)) !== device.rdev) {
      // A map that the name leads to would hold it.
      await names.remove(name);
      await mountExt4(device, folder, signal()).finally(() => names.set(name, device));
    }
    if (grownFor !== device.sizeBytes) await growExt4(device.path, signal());
    grownFor = device.sizeBytes;
  }

  async function once(): Promise<void> {
    if ((await mountedOn(folder)) === null)
      log.warn({ folder, volume: wanted }, 'the volume of the dumps was unmounted; it is mounted again');
    await mountProven();
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    if (free >= freeBytes || maxBytes === null || grownFor === null || grow === undefined) return;
    if (grownFor >= maxBytes)
      throw new MemoirError('NO_SPACE', `${wanted} has ${free} bytes free, and has its largest size (${maxBytes})`);
    await grow(Math.min(maxBytes, grownFor + Math.max(freeBytes - free + freeBytes, Math.ceil(grownFor / 4))));
    await mountProven();
  }

  function look(): Promise<void> {
    looking ??= once()
      .then(() => {
        told = '';
      })
      .catch((error: unknown) => {
        const problem = toErrorShape(error);
        // What stays as it is is told once.
        if (!closing.signal.aborted && told !== problem.message)
          log.error({ volume: wanted, folder, error: problem }, 'the volume of the dumps is not as it should be');
        told = problem.message;
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  }

  await mountProven();
  return {
    look,
    watch(volumes, operations) {
      grow = async (sizeBytes) => {
        log.warn({ volume: wanted, sizeBytes }, 'the volume of the dumps grows');
        const { error } = await operations.settled((await volumes.resize(wanted, sizeBytes, { actor })).id);
        if (error !== null) throw new MemoirError(error.code, error.message, { hint: error.hint });
      };
      timer ??= setInterval(() => void look(), watchMs).unref();
    },
    async close() {
      clearInterval(timer);
      closing.abort(new MemoirError('SHUTTING_DOWN', 'the server is stopping'));
      await looking;
      // What still works in it keeps it mounted: the next start finds it so.
      await unmount(folder, AbortSignal.timeout(stepMs)).catch((error: unknown) =>
        log.warn({ folder, error: toErrorShape(error) }, 'the volume of the dumps stays mounted'),
      );
    },
  };
}
