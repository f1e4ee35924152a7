/**
 * The numbers of ELF that a memory image uses (System V ABI, chapters 4 and 5; the machine numbers are assigned by the
 * ABI's registry). All images here are little-endian.
 */
export const ELF_MAGIC = 0x464c457f; // 7f 'E' 'L' 'F'
export const ELF_CLASS_32 = 1;
export const ELF_CLASS_64 = 2;
export const ELF_LITTLE_ENDIAN = 1;
export const ELF_VERSION = 1;
export const ET_CORE = 4;

export const PT_LOAD = 1;
export const PT_NOTE = 4;
/** An e_phnum of this means: the number is too large for the field, look into sh_info of section header 0. */
export const PN_XNUM = 0xffff;

export const EHDR64_SIZE = 64;
export const PHDR64_SIZE = 56;
export const PHDR32_SIZE = 32;

/** What a guest's processors are. `i386` is an x86 guest that has not switched to long mode. */
export type Machine = 'x86_64' | 'i386' | 'aarch64';

/** e_machine of each. */
export const machineNumbers: Readonly<Record<Machine, number>> = { x86_64: 62, i386: 3, aarch64: 183 };

/** Data starts at multiples of this in the file; guest pages and page-sized readers then never straddle. */
export const FILE_PAGE = 4096;
