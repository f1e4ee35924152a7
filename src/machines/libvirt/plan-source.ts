import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { CaptureMethod, CapturePlan } from '../capture.ts';
import { type CoreDumpSourceOptions, coreDumpSource } from './core-dump/core-dump-source.ts';
import type { Forecast } from './forecast.ts';
import { survivesInterruption } from './guest/guest.ts';
import { regionBytes } from './guest/memory-plan.ts';
import type { LibvirtHypervisorOptions } from './hypervisor-options.ts';
import { fitsSocket, privatePlace, socketIn } from './meeting-place.ts';
import { type DrainedSnapshotOptions, drainedSnapshot } from './snapshot/drained-snapshot-source.ts';
import { type SnapshotSourceOptions, snapshotSource } from './snapshot/snapshot-source.ts';

/** Room for what a stream has beside the guest's memory. */
const besideMemoryBytes = 128 * 1024 * 1024;

type PlannedSource = Pick<CapturePlan, 'source' | 'reservedBytes'>;

/** Where a capture's bytes will come from: names of sockets and FIFOs that do not exist yet. Changes nothing. */
export function planSource(
  method: CaptureMethod,
  { regions, description, guestFolder, version, options: { machine } }: Forecast,
  { meetingFolders, stateFolder }: Pick<LibvirtHypervisorOptions, 'meetingFolders' | 'stateFolder'>,
): PlannedSource {
  if (method === 'CORE_DUMP') {
    const options: CoreDumpSourceOptions = { place: privatePlace('memory.fifo', meetingFolders) };
    return { source: coreDumpSource.of(options) };
  }
  if (regions === null || version === null)
    throw new MemoirError('METHOD_UNAVAILABLE', 'the guest’s memory map is not known');
  const ownSocket = privatePlace('memory.sock', meetingFolders);
  const options: SnapshotSourceOptions = {
    regions,
    cpuCount: machine.vcpus,
    ...(description === null ? {} : { deviceStateBytes: description.deviceStateBytes }),
    guestSocket: guestFolder === null ? null : socketIn(guestFolder),
    ownSocket: fitsSocket(ownSocket) ? ownSocket : null,
    owner: description?.owner ?? null,
  };
  if (survivesInterruption(version)) return { source: snapshotSource.of(options) };
  const drained: DrainedSnapshotOptions = {
    ...options,
    spool: join(stateFolder, 'spool', randomUUID()),
    // A page has eight bytes in front of it on the wire; ROMs, video memory and devices come beside the guest's memory.
    spoolBytes:
      Math.ceil(regionBytes(regions) * (4104 / 4096)) + besideMemoryBytes + (description?.deviceStateBytes ?? 0),
  };
  return { source: drainedSnapshot.of(drained), reservedBytes: drained.spoolBytes };
}
