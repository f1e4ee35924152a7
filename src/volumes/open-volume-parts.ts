import { join } from 'node:path';
import type { Database } from '../database/database.ts';
import type { CloudstackAddress } from './cloudstack/cloudstack-client.ts';
import { createCloudstackProvider } from './cloudstack/cloudstack-provider.ts';
import { openDemoDisks } from './demo/demo-disks.ts';
import { createDemoProvider } from './demo/demo-provider.ts';
import { createDeviceFinder } from './device-finder.ts';
import { findDeviceMapper } from './device-mapper.ts';
import { type DeviceNames, openDeviceNames } from './device-names.ts';
import type { BlockDevices } from './devices/block-devices.ts';
import { createKernelDevices } from './devices/kernel-devices.ts';
import { createStorageDaemon, type NbdListener } from './exports/storage-daemon.ts';
import { createVolumeExports } from './exports/volume-exports.ts';
import { createLibvirtProvider } from './libvirt/libvirt-provider.ts';
import { createMappedNames } from './mapped-names.ts';
import { createSqliteCatalogue } from './sqlite/sqlite-catalogue.ts';
import type { VolumeProvider } from './volume-provider.ts';

export interface VolumePartsOptions {
  /** A folder of this server alone. */
  readonly folder: string;
  readonly database: Database;
  /** Simulated volumes and devices, in place of those of the libvirt at `uri`. */
  readonly demo: boolean;
  readonly uri: string;
  /** Whether that libvirt is on this host. */
  readonly isLocal: boolean;
  readonly pool: string | null;
  /** The machine that this server runs in; null where it is none. */
  readonly machine: string | null;
  /** Names of devices as maps of the kernel's device-mapper, where it has one. */
  readonly mapped: boolean;
  readonly log: { warn(facts: object, message: string): void };
  readonly nbd: NbdListener | null;
  /** Whose volumes are managed in place of the hypervisor's. */
  readonly cloudstack: (CloudstackAddress & { readonly zone: string | null; readonly offering: string | null }) | null;
  hasMachine(id: string): Promise<boolean>;
}

/** How long a simulated provider takes, so that a person sees it happen. */
const demoDelayMs = 150;

/** What operations on volumes work with: the volumes and devices of a cloud, of the same libvirt as the machines, or simulated ones. */
export async function openVolumeParts(options: VolumePartsOptions) {
  const { folder, database, nbd: tls } = options;
  const catalogue = await createSqliteCatalogue(database);
  const { provider, devices } = await choose(options);
  const exports = createVolumeExports({ daemon: createStorageDaemon({ folder: join(folder, 'nbd'), tls }) });
  return {
    provider,
    catalogue,
    finder: createDeviceFinder({ devices, catalogue, isHere: provider.isHere }),
    names: await openNames(options),
    exports,
    async close() {
      await exports.close();
      await provider.close();
      await devices.close();
    },
  };
}

async function openNames({ folder, demo, mapped, log }: VolumePartsOptions): Promise<DeviceNames> {
  const links = await openDeviceNames(join(folder, 'by-name'));
  if (!mapped || demo) return links;
  const mapper = await findDeviceMapper();
  if (mapper === null)
    log.warn({}, 'VOLUME_NAMES: this kernel has no device-mapper, or dmsetup is missing; names are links');
  return mapper === null ? links : createMappedNames(links, mapper);
}

async function choose(
  options: VolumePartsOptions,
): Promise<{ readonly provider: VolumeProvider; readonly devices: BlockDevices }> {
  const { folder, pool, machine: here, uri, isLocal, cloudstack, hasMachine } = options;
  // Where no machine's devices are this host's there is nothing to watch.
  const watching = here === null ? { monitor: null, pollMs: 3_600_000 } : {};
  if (cloudstack !== null)
    return { provider: createCloudstackProvider({ ...cloudstack, here }), devices: createKernelDevices(watching) };
  if (options.demo) {
    const disks = await openDemoDisks(join(folder, 'demo'));
    return { provider: createDemoProvider({ disks, hasMachine, delayMs: demoDelayMs }), devices: disks };
  }
  return {
    provider: createLibvirtProvider({ uri, pool, here, isLocal }),
    devices: createKernelDevices(watching),
  };
}
