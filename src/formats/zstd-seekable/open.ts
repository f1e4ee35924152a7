import { FramedReader } from '../frames/framed-reader.ts';
import type { RandomAccess } from '../random-access.ts';
import { decodeFrame } from './frame.ts';
import { readSeekTable, type SeekTableLimits } from './seek-table.ts';

/** Opens a seekable zstd file for reading any range of its content; rejects with a FormatError if it is not one. */
export async function openSeekable(source: RandomAccess, limits: SeekTableLimits = {}): Promise<FramedReader> {
  return new FramedReader(source, await readSeekTable(source, limits), decodeFrame);
}
