/**
 * A second reader of QEMU's migration stream, for the tests alone: it knows just what a background snapshot of an x86 guest
 * holds (QEMU docs/devel/migration/main.rst, migration/ram.c) and trusts it. An oracle for src/formats/qemu-migration, and
 * the bench's own eyes.
 */
export interface StreamPage {
  /** The RAM block, by its name in the stream. */
  readonly block: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const pageSize = 4096;
const section = { end: 0x00, start: 0x01, part: 0x02, full: 0x04, configuration: 0x07, footer: 0x7e } as const;
/** Flags of a RAM record, in the low twelve bits of its page's offset. */
const flag = { zero: 0x02, memorySize: 0x04, page: 0x08, endOfChunk: 0x10, sameBlock: 0x20 } as const;
const zeroPage = new Uint8Array(pageSize);

/** The blocks that a stream announces, with their lengths in bytes, in its order. */
export function streamBlocks(stream: Buffer): Map<string, number> {
  const reader = createReader(stream);
  return reader.blocks;
}

/** Every page of every block, in the stream's order. */
export function* streamPages(stream: Buffer): Generator<StreamPage> {
  yield* createReader(stream).pages();
}

/** Where the device sections start: behind the last part of the section `ram`. */
export function deviceTail(stream: Buffer): Buffer {
  const reader = createReader(stream);
  for (const _ of reader.pages());
  return stream.subarray(reader.position());
}

/** The stream's own description of its device sections, JSON: behind the end mark, the byte 0x06 and a length. */
export function streamDescription(stream: Buffer): string {
  const tail = deviceTail(stream);
  for (let at = 0; at + 6 < tail.length; at++)
    if (tail[at] === section.end && tail[at + 1] === 0x06 && tail.readUInt32BE(at + 2) === tail.length - at - 6)
      return tail.toString('utf8', at + 6);
  throw new Error('no description at the end of the stream');
}

function createReader(stream: Buffer) {
  let at = 0;
  const take = (length: number): Buffer => {
    at += length;
    return stream.subarray(at - length, at);
  };
  const u8 = (): number => take(1).readUInt8();
  const u32 = (): number => take(4).readUInt32BE();
  const u64 = (): bigint => take(8).readBigUInt64BE();
  const name = (): string => take(u8()).toString('latin1');
  const expect = (found: number, wanted: number, what: string): void => {
    if (found !== wanted) throw new Error(`${what} is 0x${found.toString(16)} before offset ${at}`);
  };
  const footer = (id: number): void => {
    expect(u8(), section.footer, 'a footer');
    expect(u32(), id, "a footer's section");
  };

  expect(u32(), 0x5145564d, 'the magic'); // "QEVM"
  expect(u32(), 3, 'the version');
  expect(u8(), section.configuration, 'the first section');
  take(u32()); // the machine's name
  expect(u8(), section.start, 'the second section');
  const ramId = u32();
  if (name() !== 'ram') throw new Error('the first section is not ram');
  take(8); // instance, version
  const blocks = new Map<string, number>();
  const head = u64();
  expect(Number(head & 0xfffn), flag.memorySize, 'the first RAM record');
  for (let left = Number(head & ~0xfffn); left > 0; ) {
    const block = name();
    const length = Number(u64());
    blocks.set(block, length);
    left -= length;
  }
  expect(Number(u64()), flag.endOfChunk, 'the end of the list of blocks');
  footer(ramId);
  while (stream[at] === section.full) {
    // A virtio-mem device tells before the pages which of its blocks are plugged. It is the only one that comes this early.
    at++;
    const id = u32();
    const device = name();
    if (!device.endsWith('virtio-mem-device-early')) throw new Error(`the early section of ${device}`);
    take(8 + 8); // instance, version; address
    const [region, block] = [u64(), u64()];
    take(4 + 8 + Math.ceil(Number(region / block) / 64) * 8); // node, size, bitmap of the blocks
    footer(id);
  }

  function* pages(): Generator<StreamPage> {
    let block = '';
    while (stream[at] === section.part) {
      at++;
      expect(u32(), ramId, "a part's section");
      for (;;) {
        const record = u64();
        const flags = Number(record & 0xfffn);
        const offset = Number(record & ~0xfffn);
        if (flags === flag.endOfChunk) break;
        if (!(flags & flag.sameBlock)) block = name();
        const kind = flags & ~flag.sameBlock;
        if (kind === flag.zero) {
          expect(u8(), 0, 'the fill of a zero page');
          yield { block, offset, bytes: zeroPage };
        } else {
          expect(kind, flag.page, 'the kind of a RAM record');
          yield { block, offset, bytes: take(pageSize) };
        }
      }
      footer(ramId);
    }
  }
  return { blocks, pages, position: () => at };
}
