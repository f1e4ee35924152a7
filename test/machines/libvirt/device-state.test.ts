import { expect, it } from 'vitest';
import { describeDomain } from '../../../src/machines/libvirt/inventory/domain-description.ts';
import { SnapshotReader } from '../../../src/machines/libvirt/snapshot/snapshot-reader.ts';
import { MemoryRecorder } from '../../fakes/in-process-reader.ts';
import { cpu } from '../../formats/elf/guest.ts';
import { cpuDevice } from '../../formats/qemu-migration/devices.ts';
import { field, writeStream } from '../../formats/qemu-migration/stream-writer.ts';

const xml = (devices: string, vcpus: number): string =>
  `<domain><memory>1024</memory><vcpu>${vcpus}</vcpu><os><type arch='x86_64'>hvm</type></os><devices>${devices}</devices></domain>`;
const gpu = "<video><model type='virtio' heads='1'/></video>";

/** A snapshot of two pages and a device whose state takes so many bytes. */
function read(description: string, stateBytes: number): void {
  const stream = writeStream({
    machine: 'pc-q35-10.0',
    blocks: [{ name: 'pc.ram', length: 8192 }],
    parts: [
      [
        { block: 'pc.ram', offset: 0 },
        { block: 'pc.ram', offset: 4096 },
      ],
    ],
    devices: [
      { name: 'virtio-gpu', instance: 0, version: 1, fields: [field('resources', Buffer.alloc(stateBytes, 1))] },
      cpuDevice(cpu(0)),
    ],
  });
  const { deviceStateBytes } = describeDomain(description);
  const regions = [{ start: '0', end: '2000', offset: '0', name: 'pc.ram' }];
  const recorder = new MemoryRecorder(null, () => undefined);
  const reader = new SnapshotReader({ regions, cpuCount: 1, deviceStateBytes }, recorder);
  for (let at = 0; at < stream.length; at += 1 << 20) reader.push(stream.subarray(at, at + (1 << 20)));
  reader.end();
}

it('a snapshot may bring as much device state as its guest can have: what a virtio-gpu shows, and hundreds of CPUs', () => {
  expect(() => read(xml(gpu, 1), 20 << 20)).not.toThrow();
  expect(() => read(xml('', 400), 20 << 20)).not.toThrow();
  expect(() => read(xml('', 1), 20 << 20)).toThrow(expect.objectContaining({ fault: 'TOO_LARGE' }));
});
