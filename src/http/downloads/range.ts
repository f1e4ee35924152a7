/** A stretch of bytes, half-open. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The range that a request asks for (RFC 9110 §14.2), or the whole. Several ranges at once, other units and what cannot be
 * read are answered with the whole, as the RFC allows; null is a range that lies behind the end.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'WHOLE' | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return 'WHOLE';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length > 0 ? { start: size - length, end: size } : null;
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return 'WHOLE';
  return start < size && start < end ? { start, end } : null;
}
