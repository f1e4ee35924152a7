import type { MemoryRange } from './memory-map.ts';
import { streamBlocks, streamPages } from './stream-pages.ts';

/** A guest's memory, put together from the pages of a whole migration stream. */
export interface StreamMemory {
  /** The bytes that a range of guest-physical memory shows. */
  bytes(range: MemoryRange): Buffer;
  /** How many pages of a memory region's block came in the stream. */
  pagesSent(region: string): number;
}

/** Reads all of `stream`; a page that comes twice is an error. */
export function streamMemory(stream: Buffer): StreamMemory {
  const blocks = new Map<string, { bytes: Buffer; sent: Set<number> }>();
  for (const [name, length] of streamBlocks(stream)) blocks.set(name, { bytes: Buffer.alloc(length), sent: new Set() });

  /** The block of a region: its own name, or the last part of it where a device's path stands before. */
  const blockOf = (region: string): { bytes: Buffer; sent: Set<number> } => {
    const names = [...blocks.keys()].filter((name) => name === region || name.endsWith(`/${region}`));
    const block = blocks.get(names[0] ?? '');
    if (names.length !== 1 || !block) throw new Error(`${names.length} blocks are called ${region}`);
    return block;
  };
  for (const { block, offset, bytes } of streamPages(stream)) {
    const into = blockOf(block);
    if (into.sent.has(offset)) throw new Error(`page 0x${offset.toString(16)} of ${block} came twice`);
    into.sent.add(offset);
    into.bytes.set(bytes, offset);
  }
  return {
    bytes: ({ block, offset, length }) => blockOf(block).bytes.subarray(offset, offset + length),
    pagesSent: (region) => blockOf(region).sent.size,
  };
}
