import { fieldOf } from '../domain/field.ts';
import { MemoirError } from '../domain/memoir-error.ts';

/** The part of the address that the route calls `:name`. */
export function pathPart({ params }: { readonly params: unknown }, name: string): string {
  const part = fieldOf(params, name);
  if (typeof part === 'string') return part;
  throw new MemoirError('INTERNAL', `the route has no :${name}`);
}
