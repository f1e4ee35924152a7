import type { ExecutionResult } from 'graphql';
import type { Actor } from '../../access/actor.ts';
import { type ErrorCode, errorCatalogue } from '../../domain/error-catalogue.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { prepare } from '../run.ts';
import type { GraphqlServer } from '../yoga.ts';

/** Runs a document as the caller, and answers its data. What GraphQL refuses or fails at is thrown with its code. */
export type Ask = <T>(actor: Actor, document: string, variables?: Readonly<Record<string, unknown>>) => Promise<T>;

/** What the payload of every mutation has in `errors`. */
interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/**
 * The one way from the old routes to anything: the same documents, authority, audit and masking as every other client's, so
 * that there is one behaviour.
 */
export function createAsk(graphql: GraphqlServer): Ask {
  return async (actor, query, variables) => {
    const prepared = await prepare(graphql, actor, { query, variables });
    const { data, errors } =
      'errors' in prepared ? { ...prepared, data: null } : ((await prepared.run()) as ExecutionResult);
    const error = errors?.[0];
    if (error !== undefined || data == null) {
      const code = String(error?.extensions.code) as ErrorCode;
      const hint = String(error?.extensions.hint ?? '');
      throw new MemoirError(code in errorCatalogue ? code : 'INTERNAL', error?.message ?? 'no data', { hint });
    }
    const [refusal] = Object.values(data).flatMap((root) => (root as { errors?: Refusal[] } | null)?.errors ?? []);
    if (refusal !== undefined) throw new MemoirError(refusal.code, refusal.message, { hint: refusal.hint });
    // Its own prototype would keep the objects from being compared and spread like others.
    return JSON.parse(JSON.stringify(data));
  };
}
