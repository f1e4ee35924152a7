import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckedFrame } from '../../../src/formats/frames/framed-reader.ts';
import { bytesSource } from '../../../src/formats/random-access.ts';
import { openSeekable } from '../../../src/formats/zstd-seekable/frame.ts';
import { lacks } from '../../system.ts';
import { contentOf, type Piece, seekableFile } from './seekable-file.ts';

const piece: fc.Arbitrary<Piece> = fc.record({
  kind: fc.constantFrom('compressed', 'raw', 'zero'),
  content: fc.uint8Array({ maxLength: 3000 }),
});

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const bytes of pieces) all.push(bytes);
  return Buffer.concat(all);
}

describe('a seekable file', () => {
  it('gives back every range of its content', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), fc.nat(), fc.nat(), async (pieces, a, b) => {
        const content = Buffer.concat(pieces.map(contentOf));
        const reader = await openSeekable(bytesSource(await seekableFile(pieces)));
        expect(reader.size).toBe(content.length);
        const [start, end] = [a % (content.length + 1), b % (content.length + 1)].sort((x, y) => x - y) as [
          number,
          number,
        ];
        expect(Buffer.from(await reader.read(start, end - start))).toEqual(content.subarray(start, end));
        expect(await gather(reader.stream(start, end))).toEqual(content.subarray(start, end));
        expect(await gather(reader.stream())).toEqual(content);
      }),
      { numRuns: 60 },
    );
  });

  it('is read one frame after another by small reads, each frame once', async () => {
    const pieces = [1, 2, 3].map((seed): Piece => ({ kind: 'compressed', content: Buffer.alloc(8192, seed) }));
    const bytes = bytesSource(await seekableFile(pieces));
    let reads = 0;
    const counted = {
      size: bytes.size,
      read: (offset: number, length: number) => {
        reads++;
        return bytes.read(offset, length);
      },
    };
    const reader = await openSeekable(counted);
    reads = 0;
    for (let at = 0; at < reader.size; at += 1024) await reader.read(at, 1024);
    expect(reads).toBe(3);
  });

  it('refuses ranges outside of it', async () => {
    const reader = await openSeekable(bytesSource(await seekableFile([{ kind: 'raw', content: Buffer.alloc(10) }])));
    await expect(reader.read(5, 6)).rejects.toThrow(RangeError);
    await expect(reader.read(-1, 1)).rejects.toThrow(RangeError);
    await expect(reader.stream(3, 2).next()).rejects.toThrow(RangeError);
  });

  it('names the frame that is bad, and goes on with the others', async () => {
    const pieces = [10, 20, 30, 40].map((seed): Piece => ({ kind: 'compressed', content: Buffer.alloc(999, seed) }));
    const file = Buffer.from(await seekableFile(pieces));
    const intact = await openSeekable(bytesSource(file));
    const third = intact.index.frame(2);
    file[third.offset + third.compressedSize - 6]! ^= 0x40;

    const reader = await openSeekable(bytesSource(file));
    const checked: CheckedFrame[] = [];
    for await (const one of reader.check()) checked.push(one);
    expect(checked.map(({ fault }) => fault === undefined)).toEqual([true, true, false, true]);
    expect(checked[2]?.fault).toMatchObject({ frame: 2, offset: third.offset, fault: 'CORRUPT' });
    await expect(gather(reader.stream())).rejects.toMatchObject({ frame: 2 });
    await expect(reader.read(2000, 1)).rejects.toMatchObject({ frame: 2 });
    expect((await reader.read(2997, 1))[0]).toBe(40);
  });

  it('stops at an abort', async () => {
    const pieces = [1, 2, 3, 4].map((seed): Piece => ({ kind: 'compressed', content: Buffer.alloc(100, seed) }));
    const reader = await openSeekable(bytesSource(await seekableFile(pieces)));
    const controller = new AbortController();
    const walk = reader.check({ signal: controller.signal });
    await walk.next();
    controller.abort(new Error('enough'));
    await expect(walk.next()).rejects.toThrow('enough');
  });

  it('names a frame whose bytes the source no longer has', async () => {
    const file = await seekableFile([{ kind: 'compressed', content: Buffer.alloc(5000, 1) }]);
    const reader = await openSeekable({
      size: file.length,
      read: async (offset, length) => file.subarray(offset, offset === 0 ? 3 : offset + length),
    });
    await expect(reader.read(0, 1)).rejects.toMatchObject({ frame: 0, fault: 'TRUNCATED' });
  });
});

describe.skipIf(lacks('zstd'))('the zstd command', () => {
  const pieces: Piece[] = [
    { kind: 'raw', content: Buffer.from('header '.repeat(30_000)) },
    { kind: 'compressed', content: Buffer.from('some content, again and again '.repeat(20_000)) },
    { kind: 'zero', content: Buffer.alloc(1 << 20) },
    { kind: 'raw', content: Buffer.alloc(0) },
    { kind: 'zero', content: Buffer.alloc(131_073) },
    { kind: 'compressed', content: Buffer.alloc(1, 7) },
  ];

  it('tests and decompresses a file of all kinds of frames', async () => {
    const file = await seekableFile(pieces);
    const test = spawnSync('zstd', ['-t', '-'], { input: file });
    expect(test.stderr.toString()).not.toMatch(/error/i);
    expect(test.status).toBe(0);
    const output = spawnSync('zstd', ['-d', '-c'], { input: file, maxBuffer: 1 << 28 });
    expect(output.status).toBe(0);
    expect(output.stdout.equals(Buffer.concat(pieces.map(contentOf)))).toBe(true);
  });

  it('finds the same damage', async () => {
    const file = Buffer.from(await seekableFile(pieces));
    file[5000]! ^= 1;
    expect(spawnSync('zstd', ['-t', '-'], { input: file }).status).not.toBe(0);
  });
});
