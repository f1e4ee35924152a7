/**
 * Why bytes were refused. TRUNCATED: they end too early. CORRUPT: they contradict themselves or their specification.
 * UNSUPPORTED: they may be right, but ask for something that this reader does not know. TOO_LARGE: they declare more
 * than the reader was allowed to allocate.
 */
export type FormatFault = 'TRUNCATED' | 'CORRUPT' | 'UNSUPPORTED' | 'TOO_LARGE';

/**
 * Bytes that are not what they should be. Every reader of `formats/` answers bad input with this class or a subclass,
 * never with another error, and says where: `offset` counts from the first byte of the file or stream.
 */
export class FormatError extends Error {
  override readonly name: string = 'FormatError';
  readonly fault: FormatFault;
  readonly offset: number;

  constructor(fault: FormatFault, offset: number, message: string, options?: ErrorOptions) {
    super(`${message} (at byte ${offset})`, options);
    this.fault = fault;
    this.offset = offset;
  }
}
