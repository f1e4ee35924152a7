import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type MemoryRange, memoryMap } from './memory-map.ts';
import { streamMemory } from './stream-memory.ts';
import { streamBlocks, streamDescription } from './stream-pages.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/qemu-migration');
const recorded = readdirSync(fixtures).filter((name) => existsSync(join(fixtures, name, 'stream.zst')));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe.each(recorded)('the recorded stream %s', (name) => {
  const path = (file: string): string => join(fixtures, name, file);
  const stream = zstdDecompressSync(readFileSync(path('stream.zst')));
  const expected = JSON.parse(readFileSync(path('expected.json'), 'utf8')) as {
    streamSha256: string;
    blocks: Record<string, number>;
    ranges: (MemoryRange & { sha256: string })[];
  };

  it('is whole', () => {
    expect(sha256(stream)).toBe(expected.streamSha256);
    expect(Object.fromEntries(streamBlocks(stream))).toEqual(expected.blocks);
    expect(streamDescription(stream)).toBe(zstdDecompressSync(readFileSync(path('vmdesc.json.zst'))).toString());
  });

  it('shows the memory that the dump beside it showed', () => {
    const memory = streamMemory(stream);
    for (const range of expected.ranges) expect(sha256(memory.bytes(range))).toBe(range.sha256);
    const mapped = memoryMap(readFileSync(path('mtree.txt'), 'utf8'));
    expect(mapped).toEqual(expect.arrayContaining(expected.ranges.map(({ sha256: _, ...range }) => range)));
  });

  it('holds the patterns that its firmware wrote', () => {
    const memory = streamMemory(stream);
    const read = (address: number): bigint => {
      const range = expected.ranges.find(({ start, length }) => start <= address && address < start + length);
      return memory.bytes(range as MemoryRange).readBigUInt64LE(address - (range as MemoryRange).start);
    };
    const page = (k: number): number => 0x200000 + k * 0x10000;
    expect(read(page(4) + 8)).toBe((4n << 32n) | 1n);
    expect(read(page(5))).toBe(0xffffffffffffffffn);
    expect(read(page(6))).toBe(0n);
    expect(read(page(6) + 4088)).toBe(1n << 56n);
  });
});
