/**
 * A gzip member (RFC 1952) as this folder writes it. All numbers are little-endian:
 *
 *     1f 8b · 08 (deflate) · 04 (has an extra field) · time (4, none) · 00 · ff (system unknown)
 *     extra field: its size (2: always 12) · 'M' 'e' · size of the subfield (2: always 8) · size of the member (4) · size of the content (4)
 *     deflate data (RFC 1951) · CRC-32 of the content (4) · size of the content (4)
 *
 * The extra field is what makes a file of such members readable in ranges: a reader steps from header to header. Every
 * other reader of gzip skips it.
 */
export const MEMBER_HEADER_SIZE = 24;
export const MEMBER_TRAILER_SIZE = 8;

/** The largest content of one member: the same as for a zstd frame, and well below what the 4-byte sizes can say. */
export const MEMBER_CONTENT_MAX = 0x4000_0000;

/** Everything of a header but the two sizes at its end. */
const PREFIX = Uint8Array.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 12, 0, 0x4d, 0x65, 8, 0);

export interface MemberSizes {
  readonly memberSize: number;
  readonly contentSize: number;
}

/** Writes the header to the start of `member`, whose length is the size of the whole member. */
export function writeMemberHeader(member: Uint8Array, contentSize: number): void {
  const view = new DataView(member.buffer, member.byteOffset, member.byteLength);
  member.set(PREFIX);
  view.setUint32(16, member.length, true);
  view.setUint32(20, contentSize, true);
}

/** Writes checksum and size of the content to the end of `member`. */
export function writeMemberTrailer(member: Uint8Array, contentSize: number, checksum: number): void {
  const view = new DataView(member.buffer, member.byteOffset + member.length - MEMBER_TRAILER_SIZE);
  view.setUint32(0, checksum, true);
  view.setUint32(4, contentSize, true);
}

/** The sizes in the header that `bytes` starts with; undefined if it is not a header of ours. */
export function readMemberHeader(bytes: Uint8Array): MemberSizes | undefined {
  if (bytes.length < MEMBER_HEADER_SIZE || PREFIX.some((byte, at) => bytes[at] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { memberSize: view.getUint32(16, true), contentSize: view.getUint32(20, true) };
}
