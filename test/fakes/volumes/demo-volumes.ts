import { join } from 'node:path';
import type { Database } from '../../../src/database/database.ts';
import { openDemoDisks } from '../../../src/volumes/demo/demo-disks.ts';
import { createDemoProvider } from '../../../src/volumes/demo/demo-provider.ts';
import { createDeviceFinder } from '../../../src/volumes/device-finder.ts';
import { openDeviceNames } from '../../../src/volumes/device-names.ts';
import { createStorageDaemon } from '../../../src/volumes/exports/storage-daemon.ts';
import { createVolumeExports } from '../../../src/volumes/exports/volume-exports.ts';
import { createSqliteCatalogue } from '../../../src/volumes/sqlite/sqlite-catalogue.ts';

/** What operations on volumes work with, of the demo, in a folder. */
export async function openDemoVolumes(
  folder: string,
  database: Database,
  hasMachine: (machineId: string) => Promise<boolean>,
) {
  const catalogue = await createSqliteCatalogue(database);
  const disks = await openDemoDisks(join(folder, 'volumes', 'demo'));
  const provider = createDemoProvider({ disks, hasMachine });
  return {
    provider,
    catalogue,
    finder: createDeviceFinder({ devices: disks, catalogue, isHere: provider.isHere }),
    names: await openDeviceNames(join(folder, 'volumes', 'by-name')),
    exports: createVolumeExports({ daemon: createStorageDaemon({ folder: join(folder, 'nbd') }) }),
  };
}
