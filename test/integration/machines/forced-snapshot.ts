import type { ReconnectingConnection } from '../../../src/libvirt/reconnecting-connection.ts';
import type { CapturePlan } from '../../../src/machines/capture.ts';
import { Guest } from '../../../src/machines/libvirt/guest/guest.ts';
import { readRegions, regionBytes } from '../../../src/machines/libvirt/guest/memory-plan.ts';
import { restore } from '../../../src/machines/libvirt/guest/restoration.ts';
import { SilentGuests } from '../../../src/machines/libvirt/link/silent-guests.ts';
import { fitsSocket, privatePlace } from '../../../src/machines/libvirt/meeting-place.ts';
import { takeSnapshot } from '../../../src/machines/libvirt/snapshot/snapshot-capture.ts';
import { type SnapshotSourceOptions, snapshotSource } from '../../../src/machines/libvirt/snapshot/snapshot-source.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import type { MemorySink } from '../../../src/machines/memory-source.ts';
import { SinkReader } from './sink-reader.ts';

/**
 * A snapshot of a guest that is paused, which no plan offers: both moments of a comparison are then the same. QEMU 9.0 and
 * later leave it paused.
 */
export async function forcedSnapshot(control: ReconnectingConnection, machine: Machine, sink: MemorySink) {
  const links = { control, monitor: control, answerMs: 20_000, silent: new SilentGuests() };
  const domain = await control.call('domainLookupByUuid', { uuid: machine.id });
  const guest = new Guest(links, domain);
  const regions = await readRegions(guest);
  const place = privatePlace('memory.sock');
  if (!fitsSocket(place)) throw new Error(`${place.path} is too long for a socket`);
  const options: SnapshotSourceOptions = {
    regions,
    cpuCount: machine.vcpus,
    guestSocket: null,
    ownSocket: place,
    owner: null,
  };
  const plan: CapturePlan = {
    machine,
    method: 'SNAPSHOT',
    reason: 'forced by a test',
    memoryBytes: regionBytes(regions),
    source: snapshotSource.of(options),
  };
  const reader = new SinkReader(plan, sink);
  const { signal } = new AbortController();
  try {
    const touch = async (): Promise<void> => undefined;
    await takeSnapshot({ links, connectOptions: {}, guest, plan, reader, signal, wasRunning: false, touch });
  } finally {
    await restore(links, {
      machineId: machine.id,
      machineName: machine.name,
      domainId: domain.id,
      method: 'SNAPSHOT',
      wasRunning: false,
      touched: true,
      interruptible: true,
      places: [place],
      sockets: [],
      volume: null,
    });
  }
  if (reader.tail === undefined) throw new Error('no tail');
  return reader.tail;
}
