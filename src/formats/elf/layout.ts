import { EHDR64_SIZE, FILE_PAGE, PHDR64_SIZE, PN_XNUM } from './elf-format.ts';

/** Guest-physical addresses from `start` up to but not including `end`. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** A range of guest memory and where its first byte lies in the image. */
export interface CoreSegment extends AddressRange {
  readonly fileOffset: number;
}

/**
 * Where everything lies in a core image, known before its first byte is written: headers and notes in front, then each
 * range of guest memory, page-aligned in the file. The notes may come last (the CPU state of a snapshot does), because
 * their room is part of the plan.
 */
export class CoreLayout {
  /** Bytes in front of the memory, a multiple of 4096; what `encodeCoreHeader` fills. */
  readonly headerSize: number;
  /** In order of address and of file offset. */
  readonly segments: readonly CoreSegment[];
  /** Size of the image in bytes. */
  readonly size: number;
  /** How many bytes of notes fit. */
  readonly notesRoom: number;
  /** Whether there is a program header to spare for the kernel's text. */
  readonly kernelTextSlot: boolean;

  constructor(segments: readonly CoreSegment[], headerSize: number, size: number, notesRoom: number, slot: boolean) {
    this.segments = segments;
    this.headerSize = headerSize;
    this.size = size;
    this.notesRoom = notesRoom;
    this.kernelTextSlot = slot;
  }

  /** The segment that holds a guest-physical address; undefined for a hole. */
  segmentAt(address: bigint): CoreSegment | undefined {
    return lastAtOrBefore(
      this.segments,
      (segment) => segment.start <= address,
      (segment) => address < segment.end,
    );
  }

  /** File offset of a guest-physical address; undefined for a hole. */
  offsetOf(address: bigint): number | undefined {
    const segment = this.segmentAt(address);
    return segment && segment.fileOffset + Number(address - segment.start);
  }

  /** Guest-physical address of a file offset; undefined for the header and for padding between ranges. */
  addressOf(offset: number): bigint | undefined {
    const segment = lastAtOrBefore(
      this.segments,
      ({ fileOffset }) => fileOffset <= offset,
      ({ fileOffset, start, end }) => offset < fileOffset + Number(end - start),
    );
    return segment && segment.start + BigInt(Math.trunc(offset) - segment.fileOffset);
  }
}

export interface CorePlan {
  /** In any order; they may touch but not overlap. */
  readonly ranges: readonly AddressRange[];
  /** Room for notes in bytes: `notesSize` of those that are known, `x86NotesSize` and `VMCOREINFO_NOTE_MAX` of others. */
  readonly notesSize: number;
  /** Whether to keep a program header for the kernel's text; whether it is used can be decided at the end. */
  readonly kernelText: boolean;
}

/** Plans an image. Ranges that are empty, negative or overlap, or too many for one file, are a RangeError. */
export function planCore({ ranges, notesSize, kernelText }: CorePlan): CoreLayout {
  const sorted = [...ranges].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const headers = 1 + sorted.length + (kernelText ? 1 : 0);
  if (headers >= PN_XNUM) throw new RangeError(`${ranges.length} ranges are more than a core file's header can count`);
  const headerSize = fileAligned(EHDR64_SIZE + headers * PHDR64_SIZE + notesSize);

  let fileOffset = headerSize;
  let size = headerSize;
  let end = 0n;
  const segments = sorted.map((range): CoreSegment => {
    if (range.start < end || range.end <= range.start || range.end > 1n << 64n)
      throw new RangeError(`range ${hex(range.start)} to ${hex(range.end)} is empty, or overlaps another one`);
    end = range.end;
    const segment = { start: range.start, end: range.end, fileOffset };
    size = fileOffset + Number(range.end - range.start);
    fileOffset = fileAligned(size);
    if (!Number.isSafeInteger(fileOffset)) throw new RangeError(`an image of ${size} bytes is too large`);
    return segment;
  });
  return new CoreLayout(segments, headerSize, size, notesSize, kernelText);
}

function fileAligned(size: number): number {
  return Math.ceil(size / FILE_PAGE) * FILE_PAGE;
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}

/** Binary search: the last segment that `starts` at or before what is looked for, if it `holds` it. */
function lastAtOrBefore(
  segments: readonly CoreSegment[],
  starts: (segment: CoreSegment) => boolean,
  holds: (segment: CoreSegment) => boolean,
): CoreSegment | undefined {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts(segments[middle] as CoreSegment)) low = middle + 1;
    else high = middle;
  }
  const found = segments[low - 1];
  return found !== undefined && holds(found) ? found : undefined;
}
