import { MemoirError } from '../../../domain/memoir-error.ts';
import { readNotes } from '../../../formats/elf/note.ts';
import { x86Machine, x86Notes, x86NotesSize } from '../../../formats/elf/x86-notes.ts';
import type { DeviceSection } from '../../../formats/qemu-migration/device-section.ts';
import { MigrationReader, type MigrationVisitor } from '../../../formats/qemu-migration/migration-reader.ts';
import { readGuestNote } from '../../../formats/qemu-migration/vmcoreinfo-device.ts';
import { readX86Cpus } from '../../../formats/qemu-migration/x86-cpu-section.ts';
import type { MemorySink, MemoryTail } from '../../memory-source.ts';
import { type PlannedRegion, regionsOf } from '../guest/memory-plan.ts';
import { SnapshotPages } from './snapshot-pages.ts';

/** What is known of a snapshot's memory before its stream comes. */
export interface SnapshotShape {
  readonly regions: readonly PlannedRegion[];
  readonly cpuCount: number;
  /** Most that may follow the memory; 16 MiB unless told. */
  readonly deviceStateBytes?: number;
}

/** Pages that may hold the guest's VMCOREINFO note; a guest has one, and a few by chance. */
const noteCandidates = 64;

/** Turns the bytes of a background snapshot into the pages and registers of a memory image. Keeps no page. */
export class SnapshotReader {
  readonly #reader: MigrationReader;
  readonly #sink: MemorySink;
  readonly #notes = new Map<bigint, Uint8Array>();
  readonly #cpuCount: number;
  #pages: SnapshotPages | undefined;
  #receivedBytes = 0;

  constructor({ regions, cpuCount, deviceStateBytes }: SnapshotShape, sink: MemorySink) {
    this.#sink = sink;
    this.#cpuCount = cpuCount;
    const known = regionsOf(regions);
    const visitor: MigrationVisitor = {
      start: (_machine, blocks) => {
        this.#pages = new SnapshotPages(known, blocks, sink, (address, bytes) => this.#look(address, bytes));
        sink.layout({
          architecture: 'x86_64',
          ranges: this.#pages.ranges,
          cpuCount,
          cpuNotesBytes: x86NotesSize(cpuCount),
        });
      },
      page: (block, offset, bytes) => this.#pages?.page(block, offset, bytes),
      zero: (block, offset) => this.#pages?.zero(block, offset),
    };
    this.#reader = new MigrationReader(visitor, deviceStateBytes === undefined ? {} : { tailBytes: deviceStateBytes });
  }

  /** Takes the next bytes of the stream; throws a FormatError at what it does not know. */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
    this.#pages?.flush();
    this.#receivedBytes += chunk.length;
    this.#sink.received(this.#receivedBytes);
  }

  /** The stream has ended: the registers, or a FormatError if something is missing. */
  end(): MemoryTail {
    const devices = this.#reader.end();
    const cpus = readX86Cpus(devices);
    if (cpus.length !== this.#cpuCount)
      throw new MemoirError('CAPTURE_FAILED', `the guest has ${cpus.length} CPUs now, and had ${this.#cpuCount}`);
    const lstar = cpus[0]?.lstar ?? 0n;
    return {
      machine: x86Machine(cpus),
      cpuNotes: x86Notes(cpus),
      vmcoreinfo: this.#vmcoreinfo(devices),
      kernelAddress: lstar === 0n ? null : lstar,
      warnings: [],
    };
  }

  #look(address: bigint, bytes: Uint8Array): void {
    const name = 'VMCOREINFO';
    if (this.#notes.size >= noteCandidates) return;
    // Note header (12 bytes), then the name.
    if (Buffer.from(bytes.buffer, bytes.byteOffset + 12, name.length).toString('latin1') === name)
      this.#notes.set(address, new Uint8Array(bytes));
  }

  /**
   * The text that the guest handed to QEMU's vmcoreinfo device; null where it did not, or where its note is not at the start
   * of a page (Linux has it there) and whole on it: then the search through all pages finds the kernel's own copy.
   */
  #vmcoreinfo(devices: readonly DeviceSection[]): string | null {
    const place = readGuestNote(devices);
    const page = place && this.#notes.get(place.address);
    if (place === undefined || page === undefined || place.size > page.length) return null;
    try {
      const [note] = readNotes(page.subarray(0, place.size), 0);
      return note === undefined ? null : Buffer.from(note.desc).toString('latin1').replace(/\0+$/, '');
    } catch {
      return null;
    }
  }
}
