import type { Json } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { ModuleReference } from '../../domain/module-reference.ts';
import type { CaptureMethod } from '../capture.ts';
import { type CoreDumpSourceOptions, coreDumpSourceModule } from './core-dump-source.ts';
import type { Forecast } from './forecast.ts';
import { fitsSocket, privatePlace, socketIn } from './meeting-place.ts';
import { type SnapshotSourceOptions, snapshotSourceModule } from './snapshot-source.ts';

/** Where a capture's bytes will come from: names of sockets and FIFOs that do not exist yet. Changes nothing. */
export function planSource(
  method: CaptureMethod,
  { regions, description, guestFolder, options: { machine } }: Forecast,
  folders?: readonly string[],
): ModuleReference {
  if (method === 'CORE_DUMP') {
    const options: CoreDumpSourceOptions = { place: privatePlace('memory.fifo', folders) };
    return reference(coreDumpSourceModule, options);
  }
  if (regions === null) throw new MemoirError('METHOD_UNAVAILABLE', 'the guest’s memory map is not known');
  const ownSocket = privatePlace('memory.sock', folders);
  const options: SnapshotSourceOptions = {
    regions,
    cpuCount: machine.vcpus,
    guestSocket: guestFolder === null ? null : socketIn(guestFolder),
    ownSocket: fitsSocket(ownSocket) ? ownSocket : null,
    owner: description?.owner ?? null,
  };
  return reference(snapshotSourceModule, options);
}

function reference(module: string, options: object): ModuleReference {
  return { module, options: options as Json };
}
