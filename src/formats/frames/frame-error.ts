import { FormatError, type FormatFault } from '../format-error.ts';

/** One frame of a framed file is bad: `frame` is its number, counted from 0, and `offset` the first byte of it in the file. */
export class FrameError extends FormatError {
  override readonly name = 'FrameError';
  readonly frame: number;

  constructor(fault: FormatFault, frame: { index: number; offset: number }, message: string, options?: ErrorOptions) {
    super(fault, frame.offset, `frame ${frame.index}: ${message}`, options);
    this.frame = frame.index;
  }
}
