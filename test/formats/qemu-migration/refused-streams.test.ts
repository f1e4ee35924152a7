import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/formats/format-error.ts';
import { MigrationReader } from '../../../src/formats/qemu-migration/migration-reader.ts';
import { readX86Cpus } from '../../../src/formats/qemu-migration/x86-cpu-section.ts';
import { cpu } from '../elf/guest.ts';
import { capture } from './captured.ts';
import { cpuDevice, virtioMemEarly } from './devices.ts';
import { be, type Device, field, type Stream, writeStream } from './stream-writer.ts';

const rtc: Device = {
  name: 'mc146818rtc',
  instance: 0,
  version: 3,
  fields: [field('cmos_data', Buffer.alloc(128, 1))],
};
const guest: Stream = {
  machine: 'pc-q35-10.0',
  blocks: [{ name: 'pc.ram', length: 3 * 4096 }],
  parts: [
    [
      { block: 'pc.ram', offset: 0 },
      { block: 'pc.ram', offset: 4096, bytes: Buffer.alloc(4096, 9) },
      { block: 'pc.ram', offset: 8192 },
    ],
  ],
  devices: [rtc, cpuDevice(cpu(0))],
};
const good = writeStream(guest);
const firstPart = good.indexOf(Buffer.concat([be.u8(2), be.u32(3)]));
const firstRecord = firstPart + 5;

/** The stream with one change at a place. */
function changed(at: number, ...bytes: Buffer[]): Buffer {
  const stream = Buffer.from(good);
  Buffer.concat(bytes).copy(stream, at);
  return stream;
}

function inserted(at: number, ...bytes: Buffer[]): Buffer {
  return Buffer.concat([good.subarray(0, at), ...bytes, good.subarray(at)]);
}

const refusal = (stream: Buffer): unknown => {
  try {
    capture(stream, [1000]);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('a stream is refused, with section and offset,', () => {
  const subsection = (name: string, ...payload: Buffer[]): Buffer[] => [be.u8(5), be.name(name), be.u32(1), ...payload];
  const configurationEnd = 8 + 5 + guest.machine.length;
  const partEnd = firstRecord + 8 + 7 + 1 + (8 + 4096) + (8 + 1);

  it.each<[string, Buffer, object]>([
    ['without its magic', changed(0, be.u32(0x12345678)), { fault: 'CORRUPT', section: 'stream', offset: 0 }],
    ['of another version', changed(4, be.u32(4)), { fault: 'UNSUPPORTED', section: 'stream', offset: 4 }],
    ['without configuration', changed(8, be.u8(1)), { fault: 'UNSUPPORTED', section: 'configuration', offset: 8 }],
    ['with an endless machine name', changed(9, be.u32(5000)), { fault: 'CORRUPT', section: 'configuration' }],
    [
      'with another page size',
      inserted(configurationEnd, ...subsection('configuration/target-page-bits', be.u32(16))),
      { fault: 'UNSUPPORTED', section: 'configuration', offset: configurationEnd, message: /2\^16/ },
    ],
    [
      'with a capability that changes it',
      inserted(configurationEnd, ...subsection('configuration/capabilities', be.u32(1), be.name('mapped-ram'))),
      { fault: 'UNSUPPORTED', section: 'configuration', message: /mapped-ram/ },
    ],
    [
      'with an unknown subsection',
      inserted(configurationEnd, ...subsection('configuration/future')),
      { fault: 'UNSUPPORTED', section: 'configuration', message: /future/ },
    ],
    [
      'with a section that is not ram',
      changed(good.indexOf('ram') - 1, be.name('vga')),
      { fault: 'UNSUPPORTED', section: 'vga', offset: configurationEnd },
    ],
    [
      'with another version of ram',
      changed(configurationEnd + 13, be.u32(5)),
      { fault: 'UNSUPPORTED', section: 'ram' },
    ],
    ['with too much memory', changed(configurationEnd + 17, be.u64((1n << 45n) | 4n)), { fault: 'TOO_LARGE' }],
    [
      'without a list of blocks',
      changed(configurationEnd + 17, be.u64(0x10)),
      { fault: 'UNSUPPORTED', section: 'ram' },
    ],
    ['with blocks that do not add up', changed(configurationEnd + 17, be.u64(0x1004)), { fault: 'CORRUPT' }],
    [
      'with an early section that cannot be read',
      inserted(firstPart, be.u8(4), be.u32(9), be.name('future-early'), be.u32(0), be.u32(1)),
      { fault: 'UNSUPPORTED', section: 'future-early', offset: firstPart },
    ],
    ['with a command', changed(firstPart, be.u8(8)), { fault: 'UNSUPPORTED', section: 'stream', offset: firstPart }],
    ['with a part of another section', changed(firstPart + 1, be.u32(4)), { fault: 'UNSUPPORTED', offset: firstPart }],
    ['with a compressed page', changed(firstRecord, be.u64(0x100)), { fault: 'UNSUPPORTED', offset: firstRecord }],
    ['with a page of XBZRLE', changed(firstRecord, be.u64(0x40)), { fault: 'UNSUPPORTED', offset: firstRecord }],
    ['with a page that is two things', changed(firstRecord, be.u64(0x0a)), { fault: 'UNSUPPORTED', section: 'ram' }],
    ['with a first page of no block', changed(firstRecord, be.u64(0x22)), { fault: 'CORRUPT', offset: firstRecord }],
    [
      'with a page of another block',
      changed(firstRecord + 9, Buffer.from('x')),
      { fault: 'CORRUPT', message: /xc.ram/ },
    ],
    ['with a page beyond its block', changed(firstRecord, be.u64(0x3002)), { fault: 'CORRUPT', offset: firstRecord }],
    [
      'with a page that comes twice',
      changed(firstRecord, be.u64(0x1002)),
      { fault: 'CORRUPT', message: /comes twice/ },
    ],
    ['with a page of ones', changed(firstRecord + 15, be.u8(1)), { fault: 'UNSUPPORTED', offset: firstRecord + 15 }],
    ['without a footer', changed(partEnd + 8, be.u8(0)), { fault: 'CORRUPT', section: 'ram', offset: partEnd + 8 }],
    [
      'with a page missing',
      writeStream({ ...guest, blocks: [{ name: 'pc.ram', length: 4 * 4096 }] }),
      { fault: 'TRUNCATED', section: 'ram', message: /4096 bytes of block "pc.ram"/ },
    ],
    [
      'with a device that is longer than described',
      inserted(good.indexOf('mc146818rtc') + 30, Buffer.from('x')),
      { fault: 'CORRUPT', section: 'mc146818rtc' },
    ],
    ['with a device of another name', changed(good.indexOf('mc146818rtc'), Buffer.from('M')), { fault: 'CORRUPT' }],
    [
      'with a subsection of another name',
      changed(good.indexOf('cpu/xsave'), Buffer.from('C')),
      { fault: 'CORRUPT', section: 'cpu' },
    ],
    [
      'with a description that is not JSON',
      changed(good.indexOf('{"page_size'), Buffer.from('{{')),
      { fault: 'CORRUPT', section: 'description' },
    ],
    ['with bytes behind its description', Buffer.concat([good, be.u8(0x20)]), { fault: 'TRUNCATED' }],
  ])('%s', (_, stream, expected) => {
    const { message, ...rest } = expected as { message?: RegExp };
    const error = refusal(stream);
    expect(error).toMatchObject({ name: 'MigrationFormatError', ...rest });
    if (message) expect((error as Error).message).toMatch(message);
  });

  it('when it ends anywhere before its end', () => {
    for (let length = 0; length < good.length; length += length < firstRecord ? 1 : 53)
      expect(refusal(good.subarray(0, length))).toMatchObject({ fault: 'TRUNCATED' });
    expect(refusal(good.subarray(0, -1))).toMatchObject({ fault: 'TRUNCATED', section: 'description' });
  });

  it('when its devices need more memory than was allowed', () => {
    expect(() => capture(good, [500], { tailBytes: 600 })).toThrow(expect.objectContaining({ fault: 'TOO_LARGE' }));
    expect(() => capture(good, [500], { ramBytes: 8192 })).toThrow(expect.objectContaining({ fault: 'TOO_LARGE' }));
  });

  it('when virtio-mem contradicts itself', () => {
    const section = virtioMemEarly(4 << 20, 0).name;
    const stream = (...early: Device[]) =>
      writeStream({ ...guest, early, blocks: [...guest.blocks, { name: '0000:00:03.0/vmem0', length: 4 << 20 }] });
    expect(refusal(stream(virtioMemEarly(4 << 20, 0)))).toBeUndefined();
    expect(refusal(stream(virtioMemEarly(4 << 20, 8 << 20)))).toMatchObject({ fault: 'CORRUPT', section });
    expect(refusal(stream(virtioMemEarly(8 << 20, 0)))).toMatchObject({ fault: 'UNSUPPORTED', section });
    const good = stream(virtioMemEarly(4 << 20, 2 << 20));
    const bitmap = good.indexOf(Buffer.concat([be.u32(0), be.u64(2 << 20)])) + 12;
    good[bitmap + 7]! |= 2;
    expect(refusal(good)).toMatchObject({ fault: 'CORRUPT', message: expect.stringMatching(/its bits say 4194304/) });
  });

  it('when its description would become much memory', () => {
    const description = Buffer.from(`{"devices":${'[{}'.repeat(20_000)}`);
    const tail = Buffer.concat([be.u8(4), be.u8(0), be.u8(6), be.u32(description.length), description]);
    const devices = good.indexOf(Buffer.concat([be.u8(4), be.u32(4), be.name('mc146818rtc')]));
    expect(refusal(Buffer.concat([good.subarray(0, devices), tail]))).toMatchObject({ section: 'description' });
  });
});

describe('a reader that has failed', () => {
  it('fails the same way again', () => {
    const reader = new MigrationReader({ start: () => {}, page: () => {}, zero: () => {} });
    expect(() => reader.push(Buffer.from('nonsense'))).toThrow(FormatError);
    expect(() => reader.push(good)).toThrow(/no migration stream/);
    expect(() => reader.end()).toThrow(/no migration stream/);
  });

  it('passes on what its visitor throws', () => {
    const visitor = {
      start: () => {},
      page: () => {},
      zero: () => {
        throw new Error('no more room');
      },
    };
    const reader = new MigrationReader(visitor);
    expect(() => reader.push(good)).toThrow('no more room');
  });
});

describe('flipped and missing bits', () => {
  it('give a FormatError or a result, never anything else', () => {
    // Bits in pages do not matter to a parser: most flips go to where structure is.
    const anywhere = fc.nat(good.length - 1);
    const structure = fc.oneof(fc.nat(firstRecord + 40), fc.integer({ min: firstRecord + 4100, max: good.length - 1 }));
    const flips = fc.array(fc.tuple(fc.oneof(anywhere, structure, structure), fc.nat(7)), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(flips, fc.oneof(fc.constant(good.length), anywhere), (places, length) => {
        const bad = Buffer.from(good.subarray(0, length));
        for (const [at, bit] of places) if (at < length) bad[at]! ^= 1 << bit;
        try {
          readX86Cpus(capture(bad, [4000]).devices);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('so does noise behind a right beginning', () => {
    fc.assert(
      fc.property(fc.nat(good.length), fc.uint8Array({ maxLength: 600 }), (length, noise) => {
        try {
          capture(Buffer.concat([good.subarray(0, length), noise]), [97]);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
