import { FormatError } from '../format-error.ts';
import { FrameIndex } from '../frames/frame-index.ts';
import { FramedReader } from '../frames/framed-reader.ts';
import type { RandomAccess } from '../random-access.ts';
import { decodeMember } from './member.ts';
import { MEMBER_HEADER_SIZE, MEMBER_TRAILER_SIZE, readMemberHeader } from './member-format.ts';

export interface MemberLimits {
  /** The most members that are indexed; 11 million unless told. */
  readonly members?: number;
  /** The largest content of one member, which is what a reader allocates for it; 64 MiB unless told. */
  readonly memberBytes?: number;
}

/**
 * Opens a gzip file made of members of ours for reading any range of its content. There is no table: it steps through
 * the file from header to header, one small read each. A gzip file of another make is refused as UNSUPPORTED (gunzip
 * reads it, but only from its start).
 */
export async function openMembers(source: RandomAccess, limits: MemberLimits = {}): Promise<FramedReader> {
  const { members = 11_000_000, memberBytes = 64 * 1024 * 1024 } = limits;
  const memberSizes: number[] = [];
  const contentSizes: number[] = [];
  for (let offset = 0; offset < source.size; ) {
    const header = await source.read(offset, Math.min(MEMBER_HEADER_SIZE, source.size - offset));
    if (header.length < MEMBER_HEADER_SIZE)
      throw new FormatError('TRUNCATED', offset + header.length, `member ${memberSizes.length} has no whole header`);
    const sizes = readMemberHeader(header);
    if (sizes === undefined) {
      const fault = header[0] === 0x1f && header[1] === 0x8b ? 'UNSUPPORTED' : 'CORRUPT';
      throw new FormatError(fault, offset, `member ${memberSizes.length} does not start with a header that has sizes`);
    }
    const { memberSize, contentSize } = sizes;
    if (memberSize < MEMBER_HEADER_SIZE + MEMBER_TRAILER_SIZE)
      throw new FormatError('CORRUPT', offset, `member ${memberSizes.length} says that it has ${memberSize} bytes`);
    if (memberSize > source.size - offset)
      throw new FormatError('TRUNCATED', source.size, `member ${memberSizes.length} is not all there`);
    if (contentSize > memberBytes || memberSizes.length === members)
      throw new FormatError('TOO_LARGE', offset, `member ${memberSizes.length} of ${contentSize} bytes of content`);
    memberSizes.push(memberSize);
    contentSizes.push(contentSize);
    offset += memberSize;
  }
  const index = new FrameIndex(Uint32Array.from(memberSizes), Uint32Array.from(contentSizes));
  return new FramedReader(source, index, decodeMember);
}
