import { encodeCoreHeader } from '../../../src/formats/elf/core-header.ts';
import { planCore } from '../../../src/formats/elf/layout.ts';
import { notesSize } from '../../../src/formats/elf/note.ts';
import { x86Notes } from '../../../src/formats/elf/x86-notes.ts';
import { cpu } from '../../formats/elf/guest.ts';
import { cpuDevice } from '../../formats/qemu-migration/devices.ts';
import { type Device, type PageRecord, writeStream } from '../../formats/qemu-migration/stream-writer.ts';

const pageBytes = 4096;
const zeroPage = Buffer.alloc(pageBytes);
const high = 0x1_0000_0000;

export interface GuestMemoryOptions {
  readonly pages?: number;
  readonly vcpus?: number;
  /** Sections of devices beside the processors'. */
  readonly devices?: readonly Device[];
}

/**
 * The memory of a small x86 guest as q35 has it: three quarters from 0 on, the rest at 4 GiB. Every fourth page is zero, every
 * other one different from all others.
 */
export class GuestMemory {
  readonly ram: Buffer;
  readonly vcpus: number;
  /** Replaces what QEMU's monitor says of it. */
  tree: string;
  readonly #low: number;
  readonly #devices: readonly Device[];

  constructor({ pages = 1024, vcpus = 2, devices = [] }: GuestMemoryOptions = {}) {
    this.vcpus = vcpus;
    this.#devices = devices;
    this.ram = Buffer.alloc(pages * pageBytes);
    for (let page = 0; page < pages; page++)
      if (page % 4 !== 3) this.ram.fill(`page ${page} `, page * pageBytes, (page + 1) * pageBytes);
    this.#low = Math.ceil(pages * 0.75) * pageBytes;
    const hex = (address: number): string => address.toString(16).padStart(16, '0');
    const end = high + this.ram.length - this.#low;
    this.tree = [
      'FlatView #0',
      ' AS "memory", root: system',
      ' Root memory region: system',
      `  ${hex(0)}-${hex(this.#low - 1)} (prio 0, ram): pc.ram KVM`,
      `  00000000fec00000-00000000fec00fff (prio 0, i/o): ioapic`,
      `  ${hex(high)}-${hex(end - 1)} (prio 0, ram): pc.ram @${hex(this.#low)} KVM`,
      '',
    ].join('\n');
  }

  /** What a background snapshot of it is: the bytes that QEMU writes to its socket. */
  stream(): Buffer {
    const parts: PageRecord[] = [];
    for (let offset = 0; offset < this.ram.length; offset += pageBytes) {
      const bytes = this.ram.subarray(offset, offset + pageBytes);
      parts.push({ block: 'pc.ram', offset, bytes: bytes.equals(zeroPage) ? undefined : bytes });
    }
    const processors = Array.from({ length: this.vcpus }, (_, index) => cpuDevice(cpu(index)));
    return writeStream({
      machine: 'pc-q35-10.0',
      blocks: [{ name: 'pc.ram', length: this.ram.length }],
      parts: [parts],
      devices: [...this.#devices, ...processors],
    });
  }

  /** What a memory-only dump of it is: the bytes that QEMU writes to the file that libvirt has opened. */
  core(): Buffer {
    const notes = x86Notes(Array.from({ length: this.vcpus }, (_, index) => cpu(index)));
    const ranges = [
      { start: 0n, end: BigInt(this.#low) },
      { start: BigInt(high), end: BigInt(high + this.ram.length - this.#low) },
    ];
    const plan = planCore({ ranges, notesSize: notesSize(notes), kernelText: false });
    return Buffer.concat([encodeCoreHeader(plan, { machine: 'x86_64', notes }), this.ram]);
  }
}
