import { join } from 'node:path';
import { openDatabase } from '../../../src/database/database.ts';
import { createIdSource } from '../../../src/domain/id.ts';
import { startOperations } from '../../../src/operations/engine.ts';
import type { Operation } from '../../../src/operations/operation.ts';
import { createSqliteJournal } from '../../../src/operations/sqlite/journal.ts';
import { volumeEffectWriters } from '../../../src/volumes/catalogue.ts';
import { openDemoDisks } from '../../../src/volumes/demo/demo-disks.ts';
import { createDemoProvider } from '../../../src/volumes/demo/demo-provider.ts';
import { createDeviceFinder } from '../../../src/volumes/device-finder.ts';
import type { DeviceMapper } from '../../../src/volumes/device-mapper.ts';
import { openDeviceNames } from '../../../src/volumes/device-names.ts';
import type { BlockDevices } from '../../../src/volumes/devices/block-devices.ts';
import { createStorageDaemon, type NbdListener } from '../../../src/volumes/exports/storage-daemon.ts';
import { createVolumeExports } from '../../../src/volumes/exports/volume-exports.ts';
import type { VolumeParts } from '../../../src/volumes/kinds/volume-kind.ts';
import { createMappedNames } from '../../../src/volumes/mapped-names.ts';
import { createSqliteCatalogue } from '../../../src/volumes/sqlite/sqlite-catalogue.ts';
import type { VolumeProvider } from '../../../src/volumes/volume-provider.ts';
import { createVolumes, volumeKindsOf } from '../../../src/volumes/volume-service.ts';

export const machines = [
  { id: '11111111-0000-4000-8000-000000000001', name: 'db01' },
  { id: '11111111-0000-4000-8000-000000000002', name: 'web01' },
] as const;

export interface VolumeServerOptions {
  /** Puts something between the volumes and the demo: it may lie. */
  readonly lie?: (
    provider: VolumeProvider,
    devices: BlockDevices,
  ) => { provider: VolumeProvider; devices: BlockDevices };
  readonly reached?: (step: string) => void;
  readonly deviceTimeoutMs?: number;
  readonly exportGraceMs?: number;
  readonly tls?: NbdListener;
  readonly open?: typeof openDatabase;
  /** Names are its maps. */
  readonly mapper?: DeviceMapper;
  /** In place of `machines`. */
  readonly machines?: readonly { readonly id: string; readonly name: string }[];
}

/** Journal, engine, catalogue and the demo provider in a folder: everything about volumes but the network. */
export async function openVolumeServer(folder: string, options: VolumeServerOptions = {}) {
  const { open = openDatabase, deviceTimeoutMs = 2_000, machines: there = machines } = options;
  const database = open(join(folder, 'memoir.sqlite'));
  const journal = await createSqliteJournal(database, [volumeEffectWriters]);
  const catalogue = await createSqliteCatalogue(database);
  const disks = await openDemoDisks(join(folder, 'demo'));
  const honest = createDemoProvider({ disks, hasMachine: async (id) => there.some((one) => one.id === id) });
  const { provider, devices } = options.lie?.(honest, disks) ?? { provider: honest, devices: disks };
  const finder = createDeviceFinder({ devices, catalogue, isHere: provider.isHere, timeoutMs: deviceTimeoutMs });
  const links = await openDeviceNames(join(folder, 'names'));
  const names = options.mapper ? createMappedNames(links, options.mapper) : links;
  const daemon = createStorageDaemon({ folder: join(folder, 'nbd'), tls: options.tls ?? null });
  const exports = createVolumeExports({
    daemon,
    graceMs: options.exportGraceMs ?? 200,
    ...(options.reached && { reached: options.reached }),
  });
  const parts: VolumeParts = {
    provider,
    catalogue,
    finder,
    names,
    exports,
    ...(options.reached && { reached: options.reached }),
  };
  const operations = await startOperations({
    journal,
    kinds: volumeKindsOf(parts),
    nodeId: 'node-1',
    host: 'here',
    createId: createIdSource(),
    log: { error: () => undefined, warn: () => undefined },
    queueLimit: 1_000,
    graceMs: 1_000,
  });
  const volumes = createVolumes({
    ...parts,
    operations,
    machines: {
      find: async (wanted) => there.find(({ id, name }) => id === wanted || name === wanted) ?? null,
      subject: (id) => `vm:${id}`,
    },
    log: { warn: () => undefined },
    reconcileMs: 1e9,
  });
  let closed: Promise<void> | undefined;
  return {
    volumes,
    operations,
    catalogue,
    finder,
    disks,
    names,
    exports,
    daemon,
    journal,
    /** Waits for the operation's end. */
    ended: async (operation: Operation | Promise<Operation>) => operations.settled((await operation).id),
    close() {
      closed ??= volumes
        .close()
        .then(() => operations.close())
        .then(() => exports.close())
        .then(() => database.close());
      return closed;
    },
  };
}
