import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { type ErrorCode, errorCatalogue } from '../domain/error-catalogue.ts';
import { isMemoirError } from '../domain/memoir-error.ts';
import { isNameOf } from '../domain/table.ts';
import type { Log } from './services.ts';

/** Makes of anything that was thrown what a caller may see. */
export type MaskError = (error: unknown) => GraphQLError;

/**
 * An expected failure is shown with its code, hint and details. What GraphQL itself refuses (syntax, validation, variables)
 * is the caller's mistake and says so. Everything else is INTERNAL: the caller gets a reference, the log gets the error
 * under that reference, once.
 */
export function createMask(log: Log): MaskError {
  const masked = new WeakMap<object, GraphQLError>();
  const mask = (error: unknown): GraphQLError => {
    const cause = rootCause(error);
    if (isMemoirError(cause)) return coded(error, cause.code, cause.message, cause.hint, cause.details);
    if (cause instanceof GraphQLError) {
      // Libraries bring codes of their own; the catalogue's are the only ones that leave the house.
      const own = String(cause.extensions.code);
      const code = isNameOf(errorCatalogue, own) ? own : 'BAD_INPUT';
      return coded(error, code, cause.message, errorCatalogue[code].mend, {});
    }
    const reference = randomUUID();
    log.error({ reference, err: cause, path: pathOf(error) }, 'unexpected error');
    const text = `Something unexpected went wrong. The log has it under ${reference}.`;
    return coded(error, 'INTERNAL', text, errorCatalogue.INTERNAL.mend, { reference });
  };
  return (error) => {
    if (typeof error !== 'object' || error === null) return mask(error);
    // The same error may pass here more than once (execution, then transport): what was masked stays as it is.
    const known = masked.get(error);
    if (known !== undefined) return known;
    const result = mask(error);
    masked.set(error, result);
    masked.set(result, result);
    return result;
  };
}

/** GraphQL wraps what a resolver threw, sometimes twice. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError != null) cause = cause.originalError;
  return cause;
}

const pathOf = (error: unknown) => (error instanceof GraphQLError ? error.path : undefined);

function coded(error: unknown, code: ErrorCode, message: string, hint: string, details: object): GraphQLError {
  const place = error instanceof GraphQLError ? error : undefined;
  return new GraphQLError(message, {
    ...(place?.nodes === undefined ? {} : { nodes: place.nodes }),
    ...(place?.source === undefined ? {} : { source: place.source }),
    ...(place?.positions === undefined ? {} : { positions: place.positions }),
    ...(place?.path === undefined ? {} : { path: place.path }),
    extensions: { code, hint, ...(Object.keys(details).length === 0 ? {} : { details }) },
  });
}
