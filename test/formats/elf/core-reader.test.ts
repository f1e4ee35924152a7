import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCoreHeader } from '../../../src/formats/elf/core-header.ts';
import type { CoreHeaders } from '../../../src/formats/elf/core-headers.ts';
import { CoreReader, type CoreReaderLimits } from '../../../src/formats/elf/core-reader.ts';
import { planCore } from '../../../src/formats/elf/layout.ts';
import { x86Notes, x86NotesSize } from '../../../src/formats/elf/x86-notes.ts';
import { FormatError } from '../../../src/formats/format-error.ts';
import { type DumpFile, dumpFile } from './dump-file.ts';
import { cpu } from './guest.ts';

const bytesOf = (length: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 31 + seed) & 0xff));

const dump: DumpFile = {
  elfClass: 64,
  machine: 62,
  notes: x86Notes([cpu(0), cpu(1)]),
  memory: [
    { address: 0n, bytes: bytesOf(0xa00, 1) },
    { address: 0x1_0000_0000n, bytes: bytesOf(5000, 2) },
  ],
};

/** Reads a file in pieces of these sizes, over and over, and gathers what comes. */
function read(file: Uint8Array, sizes: readonly number[] = [file.length], limits?: CoreReaderLimits) {
  let headers: CoreHeaders | undefined;
  const memory = new Map<number, Buffer>();
  const reader = new CoreReader(
    {
      headers: (found) => {
        headers = found;
      },
      memory: (segment, offset, bytes) => {
        const before = memory.get(segment.fileOffset) ?? Buffer.alloc(0);
        expect(offset).toBe(before.length);
        memory.set(segment.fileOffset, Buffer.concat([before, bytes]));
      },
    },
    limits,
  );
  for (let at = 0, i = 0; at < file.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] as number);
    reader.push(file.subarray(at, at + size));
    at += size;
  }
  reader.end();
  return { headers: headers as CoreHeaders, memory };
}

describe('the file of a memory-only dump', () => {
  it('has its first segment where QEMU has it: at 0x498 for one processor and two ranges', () => {
    const memory = [0n, 0x10_0000n].map((address) => ({ address, bytes: Buffer.alloc(16) }));
    const file = dumpFile({ ...dump, notes: x86Notes([cpu(0)]), memory });
    expect(read(file).headers.segments[0]?.fileOffset).toBe(0x498);
  });

  it.each([
    ['ELF64', dump],
    [
      'ELF32, of a guest that is not in long mode',
      { ...dump, elfClass: 32, machine: 3, memory: [{ address: 0xfffc0000n, bytes: bytesOf(100, 3) }] },
    ],
    ['a number of program headers in section 0', { ...dump, extendedCount: true }],
    ['no notes', { ...dump, notes: [] }],
    ['no memory', { ...dump, memory: [] }],
  ] satisfies [string, DumpFile][])('is read: %s', (_, one) => {
    const { headers, memory } = read(dumpFile(one));
    expect(headers.machine).toBe(one.machine === 62 ? 'x86_64' : 'i386');
    expect(headers.notes.map(({ name, type, desc }) => ({ name, type, desc: Buffer.from(desc) }))).toEqual(
      one.notes.map(({ name, type, desc }) => ({ name, type, desc: Buffer.from(desc) })),
    );
    expect(headers.segments.map(({ start, end }) => [start, end])).toEqual(
      one.memory.map(({ address, bytes }) => [address, address + BigInt(bytes.length)]),
    );
    expect([...memory.values()]).toEqual(one.memory.map(({ bytes }) => bytes));
  });

  it('is the same in pieces of any size', () => {
    const file = dumpFile(dump);
    const whole = read(file);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        expect(read(file, sizes)).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it('is refused as cut short wherever it ends before its memory does', () => {
    const file = dumpFile(dump);
    for (let length = 0; length < file.length - 11; length += 97)
      expect(() => read(file.subarray(0, length))).toThrow(expect.objectContaining({ fault: 'TRUNCATED' }));
    expect(read(file.subarray(0, -11)).memory.size).toBe(2);
  });

  it('may be an image of our own', () => {
    const layout = planCore({ ranges: [{ start: 0x4000_0000n, end: 0x4000_2000n }], notesSize: 0, kernelText: false });
    const header = encodeCoreHeader(layout, { machine: 'aarch64', notes: [] });
    const { headers, memory } = read(Buffer.concat([header, bytesOf(0x2000, 9)]));
    expect(headers).toEqual({ machine: 'aarch64', notes: [], segments: layout.segments });
    expect([...memory.values()]).toEqual([bytesOf(0x2000, 9)]);
  });
});

describe('a file that is no memory-only dump', () => {
  const changed = (change: (file: Buffer) => void): Buffer => {
    const file = dumpFile(dump);
    change(file);
    return file;
  };

  it.each([
    ['another magic', 'CORRUPT', changed((file) => file.write('makedumpfile'))],
    ['another class', 'CORRUPT', changed((file) => file.writeUInt8(3, 4))],
    ['another byte order', 'UNSUPPORTED', changed((file) => file.writeUInt8(2, 5))],
    ['a program', 'UNSUPPORTED', changed((file) => file.writeUInt16LE(2, 16))],
    ['another machine', 'UNSUPPORTED', changed((file) => file.writeUInt16LE(22, 18))],
    ['program headers of another size', 'CORRUPT', changed((file) => file.writeUInt16LE(32, 54))],
    ['program headers far away', 'TOO_LARGE', changed((file) => file.writeBigUInt64LE(1n << 40n, 32))],
    ['an offset beyond numbers', 'CORRUPT', changed((file) => file.writeBigUInt64LE(1n << 60n, 32))],
    ['notes that are too many', 'TOO_LARGE', changed((file) => file.writeBigUInt64LE(1n << 40n, 0xc0 + 32))],
    ['a note longer than its segment', 'CORRUPT', changed((file) => file.writeUInt32LE(1 << 30, 0xc0 + 3 * 56 + 4))],
    ['a segment that is not whole', 'UNSUPPORTED', changed((file) => file.writeBigUInt64LE(9000n, 0xc0 + 56 + 40))],
    ['memory in front of the notes', 'UNSUPPORTED', changed((file) => file.writeBigUInt64LE(64n, 0xc0 + 56 + 8))],
  ])('is refused: %s', (_, fault, file) => {
    expect(() => read(file)).toThrow(expect.objectContaining({ name: 'FormatError', fault }));
  });

  it('is refused when it asks for more memory than was allowed', () => {
    expect(() => read(dumpFile(dump), undefined, { headerBytes: 1000 })).toThrow(
      expect.objectContaining({ fault: 'TOO_LARGE' }),
    );
  });

  it('gives a FormatError or a result, whatever bits are flipped', () => {
    const good = dumpFile(dump);
    const front = 0xc0 + 3 * 56 + x86NotesSize(2);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(front), fc.nat(7)), { minLength: 1, maxLength: 4 }), (flips) => {
        const bad = Buffer.from(good);
        for (const [at, bit] of flips) bad[at]! ^= 1 << bit;
        try {
          read(bad, [777]);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
