import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/formats/format-error.ts';
import {
  compressMember,
  storedMember,
  storedMemberSize,
  ZeroMembers,
} from '../../../src/formats/gzip-members/member.ts';
import { openMembers } from '../../../src/formats/gzip-members/open.ts';
import { bytesSource } from '../../../src/formats/random-access.ts';

const zeros = new ZeroMembers();

async function file(contents: readonly Uint8Array[], kind: (i: number) => number = (i) => i): Promise<Uint8Array> {
  const members = contents.map((content, i) => {
    if (kind(i) % 3 === 1) return storedMember(content);
    return content.every((byte) => byte === 0) ? zeros.get(content.length) : compressMember(content, 1);
  });
  return Buffer.concat((await Promise.all(members)).map(({ bytes }) => bytes));
}

const sample = [Buffer.from('header '.repeat(20_000)), Buffer.from('text '.repeat(9000)), Buffer.alloc(100_000)];

describe('a gzip member', () => {
  it('that is stored is these bytes for "hi"', () => {
    expect(Buffer.from(storedMember(Buffer.from('hi')).bytes).toString('hex')).toBe(
      '1f8b080400000000' + // magic, deflate, extra field, no time
        '00ff' + // no compression flags, system unknown
        '0c00' + // extra field of 12 bytes
        '4d650800' + // 'Me', 8 bytes
        '27000000' + // the member has 39
        '02000000' + // the content 2
        '01' + // last block, stored
        '0200fdff' + // its length and the complement
        '6869' +
        'ac2a93d8' + // CRC-32 of "hi" is d8932aac
        '02000000',
    );
  });

  it.each([0, 1, 65_535, 65_536, 200_000])('that is stored has the size foretold: %i', (length) => {
    const content = Buffer.alloc(length, 3);
    const { bytes } = storedMember(content);
    expect(bytes.length).toBe(storedMemberSize(length));
    expect(gunzipSync(bytes)).toEqual(content);
  });

  it('of zeros is made once for each length', () => {
    expect(zeros.get(4096)).toBe(zeros.get(4096));
  });
});

describe('a file of members', () => {
  it('gives back every range of its content', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 6 }),
        fc.nat(),
        fc.nat(),
        fc.nat(),
        async (contents, salt, a, b) => {
          const content = Buffer.concat(contents);
          const bytes = await file(contents, (i) => i + salt);
          const reader = await openMembers(bytesSource(bytes));
          if (bytes.length > 0) expect(gunzipSync(bytes)).toEqual(content);
          const start = a % (content.length + 1);
          const length = b % (content.length + 1 - start);
          expect(Buffer.from(await reader.read(start, length))).toEqual(content.subarray(start, start + length));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('names the member that is bad', async () => {
    const bytes = Buffer.from(await file(sample));
    const { offset, compressedSize } = (await openMembers(bytesSource(bytes))).index.frame(1);
    bytes[offset + compressedSize - 5]! ^= 1;
    const faults = [];
    for await (const { fault } of (await openMembers(bytesSource(bytes))).check()) if (fault) faults.push(fault);
    expect(faults).toMatchObject([{ frame: 1, offset, fault: 'CORRUPT' }]);
  });

  it('answers flipped bits and missing ends with a FormatError, or is right', async () => {
    const contents = [Buffer.from('abc'), Buffer.from('text '.repeat(40))];
    const good = await file(contents);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length), fc.nat(good.length - 1), fc.nat(7), async (length, at, bit) => {
        const bad = good.slice(0, length);
        if (at < length) bad[at]! ^= 1 << bit;
        try {
          const reader = await openMembers(bytesSource(bad));
          for await (const { frame, content } of reader.check())
            if (content) expect(Buffer.from(content)).toEqual(contents[frame.index]);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('refuses what it was not allowed to make room for, and gzip files of another make', async () => {
    const bytes = await file(sample);
    await expect(openMembers(bytesSource(bytes), { memberBytes: 1000 })).rejects.toMatchObject({ fault: 'TOO_LARGE' });
    await expect(openMembers(bytesSource(bytes), { members: 2 })).rejects.toMatchObject({ fault: 'TOO_LARGE' });
    const foreign = bytesSource(gzipSync('some text that is long enough'));
    await expect(openMembers(foreign)).rejects.toMatchObject({ fault: 'UNSUPPORTED', offset: 0 });
  });

  it.skipIf(!existsSync('/usr/bin/gunzip') && !existsSync('/bin/gunzip'))('passes gunzip', async () => {
    const bytes = await file(sample);
    expect(spawnSync('gunzip', ['-t'], { input: bytes }).status).toBe(0);
    const output = spawnSync('gunzip', ['-c'], { input: bytes, maxBuffer: 1 << 24 });
    expect(output.stdout.equals(Buffer.concat(sample))).toBe(true);
  });
});
