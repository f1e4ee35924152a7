import { type CoreNote, noteSize } from './note.ts';

/**
 * VMCOREINFO is what a Linux kernel says of itself to whoever reads its memory: lines of `KEY=value` on one page
 * (kernel/crash_core.c, vmcore_info.c). It exists in every kernel with kexec support, whether or not anybody asked.
 */
const PAGE = 4096;
const NOTE_NAME = 'VMCOREINFO';

/** The longest text: it never exceeds its page. */
export const VMCOREINFO_TEXT_MAX = PAGE;
/** Room for the largest VMCOREINFO note. */
export const VMCOREINFO_NOTE_MAX = noteSize(NOTE_NAME, PAGE);

/** What is used of a VMCOREINFO. */
export interface Vmcoreinfo {
  readonly text: string;
  readonly osRelease: string;
  /** Virtual address of the first instruction of the kernel. */
  readonly stext: bigint | undefined;
  /** Difference of the kernel's physical and linked address (x86-64 only); may be negative. */
  readonly physBase: bigint | undefined;
}

const FIRST_KEY = Buffer.from('OSRELEASE=');
const NEEDED_KEY = '\nSYMBOL(swapper_pg_dir)=';

/**
 * The text of the VMCOREINFO that starts at the first byte of `page`, and undefined for any other page. For other pages
 * it costs one comparison, so that every page of a guest can be shown to it.
 */
export function recogniseVmcoreinfo(page: Uint8Array): string | undefined {
  if (page[0] !== FIRST_KEY[0] || FIRST_KEY.some((byte, at) => page[at] !== byte)) return undefined;
  const end = page.subarray(0, PAGE).indexOf(0);
  const text = Buffer.from(page.subarray(0, end === -1 ? PAGE : end)).toString('latin1');
  // A log or a file may start with the first key as well. The kernel's own text is plain and names its page table.
  return text.includes(NEEDED_KEY) && /^[\n\x20-\x7e]*$/.test(text) ? text : undefined;
}

/** Reads the values out of a text that `recogniseVmcoreinfo` found or that a note holds. */
export function parseVmcoreinfo(text: string): Vmcoreinfo {
  return {
    text,
    osRelease: value(text, 'OSRELEASE') ?? '',
    stext: hexadecimal(value(text, 'SYMBOL(_stext)')),
    physBase: decimal(value(text, 'NUMBER(phys_base)')),
  };
}

/** The note that carries a VMCOREINFO in a core file. */
export function vmcoreinfoNote(text: string): CoreNote {
  const desc = Buffer.from(text, 'latin1');
  if (desc.length > PAGE) throw new RangeError(`a VMCOREINFO of ${desc.length} bytes is longer than its page`);
  return { name: NOTE_NAME, type: 0, desc };
}

/**
 * The text in the note that a Linux guest keeps in its memory and tells the vmcoreinfo device of: `bytes` start at its
 * address. It is followed by an empty note and room (kernel/crash_core.c). Undefined if there is no such note: guests
 * may write there what they like.
 */
export function readGuestVmcoreinfo(bytes: Uint8Array): string | undefined {
  if (bytes.length < 24) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nameSize = view.getUint32(0, true);
  const descSize = view.getUint32(4, true);
  // 12 bytes of header, and the name with its NUL takes 11, padded to 12.
  if (
    nameSize !== NOTE_NAME.length + 1 ||
    Buffer.from(bytes.subarray(12, 12 + nameSize)).toString() !== `${NOTE_NAME}\0`
  )
    return undefined;
  if (descSize > PAGE || 24 + descSize > bytes.length) return undefined;
  const page = new Uint8Array(PAGE);
  page.set(bytes.subarray(24, 24 + descSize));
  return recogniseVmcoreinfo(page);
}

function value(text: string, key: string): string | undefined {
  return text
    .split('\n')
    .find((line) => line.startsWith(`${key}=`))
    ?.slice(key.length + 1);
}

function hexadecimal(digits: string | undefined): bigint | undefined {
  return digits !== undefined && /^[0-9a-f]{1,16}$/i.test(digits) ? BigInt(`0x${digits}`) : undefined;
}

function decimal(digits: string | undefined): bigint | undefined {
  return digits !== undefined && /^-?[0-9]{1,20}$/.test(digits) ? BigInt(digits) : undefined;
}
