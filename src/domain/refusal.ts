import { type ErrorCode, errorCatalogue } from './error-catalogue.ts';
import { fieldOf } from './field.ts';
import { MemoirError } from './memoir-error.ts';
import { isNameOf } from './table.ts';

/** The first refusal in the data of a GraphQL response: what the payload of every mutation has in `errors`; null if there is none. */
export function refusalIn(data: object): MemoirError | null {
  for (const root of Object.values(data)) {
    const errors = fieldOf(root, 'errors');
    if (!Array.isArray(errors) || errors.length === 0) continue;
    const [refusal] = errors;
    return toError(fieldOf(refusal, 'code'), fieldOf(refusal, 'message'), fieldOf(refusal, 'hint'));
  }
  return null;
}

/** What an entry of a response's own `errors` means. */
export function errorIn(entry: unknown, otherwise: string): MemoirError {
  const extensions = fieldOf(entry, 'extensions');
  return toError(fieldOf(extensions, 'code'), fieldOf(entry, 'message') ?? otherwise, fieldOf(extensions, 'hint'));
}

function toError(code: unknown, message: unknown, hint: unknown): MemoirError {
  const known: ErrorCode = isNameOf(errorCatalogue, code) ? code : 'INTERNAL';
  return new MemoirError(known, String(message), typeof hint === 'string' ? { hint } : {});
}
