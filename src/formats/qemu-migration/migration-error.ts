import { FormatError, type FormatFault } from '../format-error.ts';

/** A migration stream that cannot be read; `section` is the part of it where that was noticed. */
export class MigrationFormatError extends FormatError {
  override readonly name = 'MigrationFormatError';
  readonly section: string;

  constructor(fault: FormatFault, section: string, offset: number, message: string, options?: ErrorOptions) {
    super(fault, offset, `section "${section}": ${message}`, options);
    this.section = section;
  }
}
