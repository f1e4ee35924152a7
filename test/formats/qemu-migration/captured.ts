import type { DeviceSection } from '../../../src/formats/qemu-migration/device-section.ts';
import { type MigrationLimits, MigrationReader } from '../../../src/formats/qemu-migration/migration-reader.ts';
import type { RamBlock } from '../../../src/formats/qemu-migration/ram-blocks.ts';

/** Everything that came out of a stream: the pages by block name and offset, `undefined` for zeros. */
export interface Captured {
  machine: string;
  blocks: readonly RamBlock[];
  readonly pages: Map<string, Buffer | undefined>;
  devices: readonly DeviceSection[];
}

/** Reads a stream in chunks of these sizes, over and over. Each chunk's bytes are spoiled once it has been read. */
export function capture(
  stream: Buffer,
  sizes: readonly number[] = [stream.length],
  limits?: MigrationLimits,
): Captured {
  const captured: Captured = { machine: '', blocks: [], pages: new Map(), devices: [] };
  const reader = new MigrationReader(
    {
      start: (machine, blocks) => {
        captured.machine = machine;
        captured.blocks = blocks;
      },
      page: (block, offset, bytes) => captured.pages.set(`${block.name}@${offset}`, Buffer.from(bytes)),
      zero: (block, offset) => captured.pages.set(`${block.name}@${offset}`, undefined),
    },
    limits,
  );
  for (let at = 0, i = 0; at < stream.length; i++) {
    const chunk = Buffer.from(stream.subarray(at, at + Math.max(1, sizes[i % sizes.length] as number)));
    at += chunk.length;
    reader.push(chunk);
    chunk.fill(0xaa);
  }
  captured.devices = reader.end();
  return captured;
}
