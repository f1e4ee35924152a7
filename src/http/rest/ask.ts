import type { Actor } from '../../access/actor.ts';
import { errorIn, refusalIn } from '../../domain/refusal.ts';
import { onlyResult, prepare } from '../run.ts';
import type { GraphqlServer } from '../yoga.ts';

/** Runs a document as the caller, and answers its data. What GraphQL refuses or fails at is thrown with its code. */
export type Ask = <T>(actor: Actor, document: string, variables?: Readonly<Record<string, unknown>>) => Promise<T>;

/**
 * The one way from the old routes to anything: the same documents, authority, audit and masking as every other client's, so
 * that there is one behaviour.
 */
export function createAsk(graphql: GraphqlServer): Ask {
  return async (actor, query, variables) => {
    const prepared = await prepare(graphql, actor, { query, variables });
    const { data, errors } = 'errors' in prepared ? { ...prepared, data: null } : onlyResult(await prepared.run());
    const error = errors?.[0];
    if (error !== undefined || data == null) throw errorIn(error, 'no data');
    const refusal = refusalIn(data);
    if (refusal !== null) throw refusal;
    // Its own prototype would keep the objects from being compared and spread like others.
    return JSON.parse(JSON.stringify(data));
  };
}
