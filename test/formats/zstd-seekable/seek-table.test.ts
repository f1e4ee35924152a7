import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/formats/format-error.ts';
import { bytesSource } from '../../../src/formats/random-access.ts';
import { openSeekable } from '../../../src/formats/zstd-seekable/frame.ts';
import { readSeekTable, SeekTableWriter } from '../../../src/formats/zstd-seekable/seek-table.ts';
import { seekableFile } from './seekable-file.ts';

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

describe('a seek table', () => {
  it('is these bytes for two frames', () => {
    const table = new SeekTableWriter();
    expect(table.append({ compressedSize: 0x11, contentSize: 0x100000, checksum: 0xdeadbeef })).toBe(0);
    expect(table.append({ compressedSize: 0x2222, contentSize: 0x1000, checksum: 1 })).toBe(1);
    expect(Buffer.from(table.finish()).toString('hex')).toBe(
      '5e2a4d18' + // skippable magic
        '21000000' + // 33 bytes follow: 2 × 12 + 9
        '11000000' + // frame 0: compressed size
        '00001000' + //          content size
        'efbeadde' + //          checksum
        '22220000' + // frame 1
        '00100000' +
        '01000000' +
        '02000000' + // number of frames
        '80' + // checksum flag
        'b1ea928f', // seekable magic
    );
  });

  it('takes an entry again for a frame that is filled in last', () => {
    const table = new SeekTableWriter();
    table.append({ compressedSize: 10, contentSize: 5, checksum: 0 });
    table.replace(0, { compressedSize: 10, contentSize: 5, checksum: 0x01020304 });
    expect(Buffer.from(table.finish()).readUInt32LE(16)).toBe(0x01020304);
    expect(() => table.replace(1, { compressedSize: 10, contentSize: 5, checksum: 0 })).toThrow(RangeError);
  });

  it('comes back as it was written', async () => {
    const entry = fc.record({
      compressedSize: fc.integer({ min: 1, max: 5000 }),
      contentSize: fc.integer({ min: 0, max: 0x400_0000 }),
      checksum: fc.integer({ min: 0, max: 0xffff_ffff }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 200 }), async (entries) => {
        const writer = new SeekTableWriter();
        for (const one of entries) writer.append(one);
        const data = entries.reduce((sum, one) => sum + one.compressedSize, 0);
        const file = Buffer.concat([Buffer.alloc(data), writer.finish()]);
        const index = await readSeekTable(bytesSource(file));
        expect(index.count).toBe(entries.length);
        expect(entries.map((_, i) => index.frame(i))).toMatchObject(entries);
        expect(index.compressedSize).toBe(data);
      }),
      { numRuns: 50 },
    );
  });

  it('without checksums is read too', async () => {
    const file = Buffer.concat([
      Buffer.alloc(20),
      ...[0x184d2a5e, 17, 20, 300, 1].map(u32),
      Buffer.from([0x03]), // unused bits may be set
      u32(0x8f92eab1),
    ]);
    const index = await readSeekTable(bytesSource(file));
    expect(index.frame(0)).toMatchObject({ compressedSize: 20, contentSize: 300, checksum: undefined });
  });
});

describe('a damaged seek table', () => {
  const refused = async (file: Uint8Array, limits = {}): Promise<unknown> =>
    readSeekTable(bytesSource(file), limits).then(
      () => undefined,
      (error: unknown) => error,
    );

  it('is refused when a byte is missing anywhere', async () => {
    const file = await seekableFile([{ kind: 'compressed', content: Buffer.from('some content') }]);
    for (let length = 0; length < file.length; length++)
      expect(await refused(file.subarray(0, length))).toBeInstanceOf(FormatError);
  });

  it('is refused with reserved bits set', async () => {
    const file = Buffer.from(await seekableFile([{ kind: 'compressed', content: Buffer.from('x') }]));
    file[file.length - 5]! |= 0x04;
    expect(await refused(file)).toMatchObject({ fault: 'UNSUPPORTED', offset: file.length - 5 });
  });

  it('is refused when it says more than the file can have, or than was allowed', async () => {
    const claim = Buffer.concat([Buffer.alloc(100), u32(0x0700_0000), Buffer.from([0x80]), u32(0x8f92eab1)]);
    expect(await refused(claim)).toMatchObject({ fault: 'CORRUPT' });
    const file = await seekableFile([{ kind: 'zero', content: Buffer.alloc(5000) }]);
    expect(await refused(file, { frameBytes: 4999 })).toMatchObject({ fault: 'TOO_LARGE' });
    expect(await refused(file, { tableBytes: 28 })).toMatchObject({ fault: 'TOO_LARGE' });
  });

  it('never answers with anything but a FormatError, or with a file that is right', async () => {
    const good = await seekableFile([
      { kind: 'raw', content: Buffer.from('header') },
      { kind: 'compressed', content: Buffer.from('content '.repeat(40)) },
    ]);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const bad = good.slice();
        bad[at]! ^= bits;
        try {
          const reader = await openSeekable(bytesSource(bad));
          for await (const { fault } of reader.check()) if (fault) expect(fault.offset).toBeLessThan(good.length);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
