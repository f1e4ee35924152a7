import { type FileHandle, open } from 'node:fs/promises';

/** A range of guest-physical memory in an ELF core, and where its bytes lie in the file. */
export interface CoreSegment {
  readonly address: bigint;
  readonly offset: number;
  readonly length: number;
}

/** The PT_LOAD segments of an ELF64 core such as `virsh dump --memory-only` writes: a small reader of the bench's own, so that
 * what it says does not rest on the code under test. */
export async function coreSegments(file: FileHandle): Promise<CoreSegment[]> {
  const header = Buffer.alloc(64);
  await file.read(header, 0, 64, 0);
  if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2) throw new Error('not an ELF64 file');
  const tableOffset = Number(header.readBigUInt64LE(32)); // e_phoff
  const entrySize = header.readUInt16LE(54); // e_phentsize
  const table = Buffer.alloc(entrySize * header.readUInt16LE(56)); // e_phnum
  await file.read(table, 0, table.length, tableOffset);
  const segments: CoreSegment[] = [];
  for (let entry = 0; entry < table.length; entry += entrySize) {
    if (table.readUInt32LE(entry) !== 1) continue; // p_type: PT_LOAD
    segments.push({
      offset: Number(table.readBigUInt64LE(entry + 8)), // p_offset
      address: table.readBigUInt64LE(entry + 24), // p_paddr
      length: Number(table.readBigUInt64LE(entry + 32)), // p_filesz
    });
  }
  return segments;
}

/** Every 4 KiB page of an ELF core, in the file's order. A page's bytes are good until the next one is asked for. */
export async function* corePages(path: string): AsyncGenerator<Uint8Array> {
  await using file = await open(path);
  const chunk = Buffer.alloc(1 << 20);
  for (const { offset, length } of await coreSegments(file)) {
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, length - done), offset + done);
      if (bytesRead === 0) throw new Error(`${path} ends inside a segment`);
      for (let page = 0; page + 4096 <= bytesRead; page += 4096) yield chunk.subarray(page, page + 4096);
      done += bytesRead;
    }
  }
}
