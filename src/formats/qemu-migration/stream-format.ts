/**
 * The migration stream of QEMU 6 to 10, as far as a background snapshot uses it (migration/savevm.c, migration/ram.c).
 * All numbers are big-endian.
 *
 *     "QEVM" · version 3 (4) · configuration · START of ram · early sections · PARTs of ram · device sections · EOF · description
 *
 * A START or FULL section is: kind (1) · id (4) · length of name (1) · name · instance (4) · version (4) · payload;
 * a PART or END is: kind (1) · id (4) · payload. Each ends with a footer: 0x7e (1) · id (4).
 */
export const STREAM_MAGIC = 0x5145564d; // "QEVM"
export const STREAM_VERSION = 3;

export const SECTION_EOF = 0x00;
export const SECTION_START = 0x01;
export const SECTION_PART = 0x02;
export const SECTION_END = 0x03;
export const SECTION_FULL = 0x04;
export const SUBSECTION = 0x05;
export const SECTION_DESCRIPTION = 0x06;
export const SECTION_CONFIGURATION = 0x07;
export const SECTION_FOOTER = 0x7e;

/** Names of sections, blocks and subsections have one byte for their length. */
export const NAME_MAX = 255;

/** The name and version of the section that carries guest memory. */
export const RAM_SECTION = 'ram';
export const RAM_VERSION = 4;

/**
 * A record of the ram section starts with 8 bytes: the offset in its block, whose low 12 bits are these flags. The name
 * of the block follows (length, name), unless CONTINUE says that it is the block of the record before.
 */
export const RAM_ZERO = 0x02; // a page of zeros: one byte follows, which is 0
export const RAM_MEMORY_SIZE = 0x04; // the list of blocks; the offset is the size of all of them
export const RAM_PAGE = 0x08; // a page: its bytes follow
export const RAM_END_OF_CHUNK = 0x10; // the section ends
export const RAM_CONTINUE = 0x20;
export const RAM_MULTIFD_FLUSH = 0x200; // nothing follows and nothing is to be done without multifd
export const RAM_FLAGS = 0xfff;

export const PAGE_SIZE = 4096;
export const PAGE_BITS = 12;
