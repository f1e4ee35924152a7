import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Closable } from '../../domain/closable.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { numberOf } from '../devices/device-number.ts';
import { serialOf } from '../serial.ts';
import type { Volume } from '../volume.ts';
import { type QmpClient, QmpError } from './qmp-client.ts';
import type { StorageDaemon } from './storage-daemon.ts';

/** Bytes to export, shown to be the volume's just now. */
export interface ExportSource {
  readonly path: string;
  /** `major:minor` of a block device; null for a file. */
  readonly rdev: string | null;
  readonly format: string;
}

/**
 * Volumes over NBD. Every call can be repeated: an export is found again by the volume's id.
 *
 * - `add` asks `verify` before the bytes are opened and again when they are open, because a device can be exchanged in between; it
 *   announces the export only after the second answer. Whatever `verify` throws leaves no export.
 * - `remove` gives clients until the deadline to leave, then cuts them off, and resolves when nothing holds the bytes any more.
 */
export interface VolumeExports extends Closable {
  add(
    volume: Volume,
    writable: boolean,
    verify: () => Promise<ExportSource>,
  ): Promise<{ readonly name: string; readonly uri: string }>;
  remove(volumeId: string, signal?: AbortSignal): Promise<void>;
  /** Ids (`e-…`) of the exports that there are; asking starts nothing. */
  list(): Promise<ReadonlySet<string>>;
}

export interface VolumeExportsOptions {
  readonly daemon: StorageDaemon;
  /** How long clients may finish before they are cut off. */
  readonly graceMs?: number;
  /** Called between any two steps, with the step's name: where a test ends the process. */
  readonly reached?: (step: string) => void;
}

/** QEMU's names of nodes have less than 32 bytes (block/block.c); 20 digits tell volumes apart as their serials do. */
const nodeOf = (volumeId: string): string => `v-${serialOf(volumeId)}`;
export const exportIdOf = (volumeId: string): string => `e-${serialOf(volumeId)}`;
const blockExports = z.array(z.object({ id: z.string() }));
const namedNodes = z.array(z.object({ 'node-name': z.string().optional() }));
const retryMs = 100;
const hardMs = 10_000;

export function createVolumeExports({
  daemon,
  graceMs = 5_000,
  reached = () => undefined,
}: VolumeExportsOptions): VolumeExports {
  async function exportsOf(client: QmpClient): Promise<readonly { readonly id: string }[]> {
    return blockExports.parse(await client.execute('query-block-exports'));
  }
  async function hasNode(client: QmpClient, node: string): Promise<boolean> {
    const nodes = namedNodes.parse(await client.execute('query-named-block-nodes', { flat: true }));
    return nodes.some((one) => one['node-name'] === node);
  }

  async function open(client: QmpClient, node: string, { path, rdev, format }: ExportSource, writable: boolean) {
    await client.execute('blockdev-add', {
      driver: format,
      'node-name': node,
      'read-only': !writable,
      file: { driver: rdev === null ? 'file' : 'host_device', filename: path },
    });
  }

  async function remove(volumeId: string, signal?: AbortSignal): Promise<void> {
    const client = await daemon.running();
    if (client === null) return;
    const [id, node] = [exportIdOf(volumeId), nodeOf(volumeId)];
    if ((await exportsOf(client)).some((one) => one.id === id)) await removeExport(client, id, signal);
    reached('EXPORT withdrawn');
    if (await hasNode(client, node)) await client.execute('blockdev-del', { 'node-name': node });
  }

  /** Politely for as long as clients are given, then hard; gone only when the daemon says so. */
  async function removeExport(client: QmpClient, id: string, signal?: AbortSignal): Promise<void> {
    const gone = Promise.withResolvers<void>();
    const stop = client.onEvent(({ event, data }) => {
      if (event === 'BLOCK_EXPORT_DELETED' && data.id === id) gone.resolve();
    });
    try {
      const endsAtMs = performance.now() + graceMs;
      for (;;) {
        signal?.throwIfAborted();
        const isLate = performance.now() >= endsAtMs;
        try {
          await client.execute('block-export-del', { id, mode: isLate ? 'hard' : 'safe' });
          break;
        } catch (error) {
          if (!(error instanceof QmpError)) throw error;
          // A client is connected; or someone else has removed it meanwhile.
          if (!(await exportsOf(client)).some((one) => one.id === id)) return;
          if (isLate)
            throw new MemoirError('VOLUME_IN_USE', `the export cannot be removed: ${error.message}`, { cause: error });
        }
        await sleep(retryMs);
      }
      const late = new AbortController();
      const limit = sleep(hardMs, 'LATE' as const, { signal: late.signal }).catch(() => undefined);
      const answer = await Promise.race([gone.promise, client.closed, limit]);
      late.abort();
      if (answer === 'LATE') throw new MemoirError('VOLUME_IN_USE', 'a client of the export does not disconnect');
    } finally {
      stop();
    }
  }

  return {
    async add(volume, writable, verify) {
      const [id, node] = [exportIdOf(volume.id), nodeOf(volume.id)];
      const source = await verify();
      reached('EXPORT verified');
      const client = await daemon.client();
      reached('EXPORT daemon');
      // What an interrupted attempt has left may be of another device.
      await remove(volume.id);
      try {
        await open(client, node, source, writable);
        reached('EXPORT opened');
        const again = await verify();
        if (again.path !== source.path || again.rdev !== source.rdev)
          throw new MemoirError('DEVICE_CHANGED', `${source.path} was exchanged while it was opened`);
        reached('EXPORT verified again');
        await client.execute('block-export-add', { type: 'nbd', id, 'node-name': node, name: volume.name, writable });
      } catch (error) {
        await remove(volume.id).catch(() => undefined);
        if (error instanceof QmpError)
          throw new MemoirError('PROVIDER_REFUSED', `the storage daemon: ${error.message}`, { cause: error });
        throw error;
      }
      return { name: volume.name, uri: daemon.uriOf(volume.name) };
    },
    remove,
    async list() {
      const client = await daemon.running();
      return new Set(client === null ? [] : (await exportsOf(client)).map(({ id }) => id));
    },
    close: () => daemon.close(),
  };
}

/** What is at a path, as bytes to export: a block device has to be of the number that was verified. */
export async function sourceAt(path: string, rdev: string | null, format: string): Promise<ExportSource> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new MemoirError('DEVICE_MISSING', `${path} is not there`, { cause });
  });
  if (!found.isBlockDevice()) return { path, rdev: null, format };
  const number = numberOf(found.rdev);
  if (rdev !== null && rdev !== number)
    throw new MemoirError('DEVICE_CHANGED', `${path} is the device ${number}, not ${rdev}`);
  return { path, rdev: number, format };
}
