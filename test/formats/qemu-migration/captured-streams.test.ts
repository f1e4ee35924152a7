import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CoreHeaders } from '../../../src/formats/elf/core-headers.ts';
import { CoreReader } from '../../../src/formats/elf/core-reader.ts';
import { x86Machine, x86Notes } from '../../../src/formats/elf/x86-notes.ts';
import { FormatError } from '../../../src/formats/format-error.ts';
import { guestMemory } from '../../../src/formats/qemu-migration/guest-memory.ts';
import { parseMemoryTree } from '../../../src/formats/qemu-migration/memory-tree.ts';
import { MigrationReader } from '../../../src/formats/qemu-migration/migration-reader.ts';
import { readGuestNote } from '../../../src/formats/qemu-migration/vmcoreinfo-device.ts';
import { readX86Cpus } from '../../../src/formats/qemu-migration/x86-cpu-section.ts';
import { capture } from './captured.ts';
import { be } from './stream-writer.ts';

/**
 * Streams that real machines wrote. A folder of test/fixtures/qemu-migration has `stream.gz`, `memory-tree.txt` and
 * `dump-head.elf` (the front of QEMU's own dump of the same paused machine), and says in ORIGIN.md where they are from.
 */
const fixtures = join(import.meta.dirname, '../../fixtures/qemu-migration');
const folders = readdirSync(fixtures).filter((name) => existsSync(join(fixtures, name, 'stream.gz')));

function dumpHeaders(path: string): CoreHeaders {
  let found: CoreHeaders | undefined;
  const headers = (one: CoreHeaders): void => {
    found = one;
  };
  new CoreReader({ headers, memory: () => {} }).push(readFileSync(path));
  return found as CoreHeaders;
}

const plain = ({ name, type, desc }: { name: string; type: number; desc: Uint8Array }) => [
  name,
  type,
  Buffer.from(desc).toString('hex'),
];

describe.each(folders)('the captured stream %s', (name) => {
  const folder = join(fixtures, name);
  const stream = gunzipSync(readFileSync(join(folder, 'stream.gz')));
  const captured = capture(stream, [65_536]);
  const dump = dumpHeaders(join(folder, 'dump-head.elf'));

  it('has the ranges of QEMU’s own dump', () => {
    const tree = parseMemoryTree(readFileSync(join(folder, 'memory-tree.txt'), 'utf8'));
    const ranges = guestMemory(tree, captured.blocks);
    expect(ranges.map(({ start, end }) => [start, end])).toEqual(dump.segments.map(({ start, end }) => [start, end]));
  });

  it('gives the notes of QEMU’s own dump, byte for byte', () => {
    const cpus = readX86Cpus(captured.devices);
    expect(x86Machine(cpus)).toBe(dump.machine);
    const guests = dump.notes.filter((note) => note.name !== 'VMCOREINFO');
    expect(x86Notes(cpus).map(plain)).toEqual(guests.map(plain));
  });

  it('knows of the guest’s VMCOREINFO if the dump has it', () => {
    const inDump = dump.notes.some((note) => note.name === 'VMCOREINFO');
    expect(readGuestNote(captured.devices) !== undefined).toBe(inDump);
  });

  it('is the same in small and odd chunks', () => {
    const other = capture(stream, [1, 8, 4095, 4104, 13, 70_000]);
    expect(other.pages.size).toBe(captured.pages.size);
    expect(other.devices).toEqual(captured.devices);
    expect([...other.pages].filter(([, bytes]) => bytes)).toEqual([...captured.pages].filter(([, bytes]) => bytes));
  });

  it('gives a FormatError or a result when bits of its devices are flipped', () => {
    const devices = stream.indexOf(Buffer.concat([be.name('timer'), be.u32(0)]));
    const place = fc.tuple(fc.integer({ min: devices, max: stream.length - 1 }), fc.nat(7));
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 3 }), (flips) => {
        const bad = Buffer.from(stream);
        for (const [at, bit] of flips) bad[at]! ^= 1 << bit;
        const reader = new MigrationReader({ start: () => {}, page: () => {}, zero: () => {} });
        try {
          reader.push(bad);
          readX86Cpus(reader.end());
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 40 },
    );
  });
});

it('there is a captured stream to test with', () => {
  expect(folders.length).toBeGreaterThan(0);
});
