import { type ErrorCode, errorCatalogue } from './error-catalogue.ts';
import type { Json } from './json.ts';

interface ErrorOptions {
  readonly cause?: unknown;
  /** What to do, where that is known better than the catalogue's general advice. */
  readonly hint?: string;
  /** Facts for programs: the id of the active operation, the offset in a file. Never secrets. */
  readonly details?: { readonly [key: string]: Json };
}

/** An expected failure: has a code of the catalogue, is safe to show, and is recognised by its code, never by its text. */
export class MemoirError extends Error {
  override readonly name = 'MemoirError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: { readonly [key: string]: Json };

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? errorCatalogue[code].mend;
    this.details = options.details ?? {};
  }
}

/** The form in which an error crosses a thread or is kept in the journal. */
export interface ErrorShape {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly details: { readonly [key: string]: Json };
}

/** Any thrown value as a shape. What is not a MemoirError becomes INTERNAL with its text, for the journal and the log. */
export function toErrorShape(error: unknown): ErrorShape {
  if (error instanceof MemoirError) {
    return { code: error.code, message: error.message, hint: error.hint, details: error.details };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message, hint: errorCatalogue.INTERNAL.mend, details: {} };
}

export function fromErrorShape(shape: ErrorShape): MemoirError {
  return new MemoirError(shape.code, shape.message, { hint: shape.hint, details: shape.details });
}

/** Whether it is an expected failure, of this code if one is given. */
export function isMemoirError(error: unknown, code?: ErrorCode): error is MemoirError {
  return error instanceof MemoirError && (code === undefined || error.code === code);
}
