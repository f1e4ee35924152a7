import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  getOperationAST,
  type OperationTypeNode,
} from 'graphql';
import type { Actor } from '../access/actor.ts';
import type { Askers } from '../async/askers.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import type { GraphqlParams } from './graphql-params.ts';
import type { GraphqlServer } from './yoga.ts';

type Result = ExecutionResult | AsyncIterableIterator<ExecutionResult>;

/** A request that may be run: parsed, valid, and bound to its context. */
export interface Prepared {
  readonly kind: `${OperationTypeNode}`;
  readonly document: DocumentNode;
  /** Never rejects: what goes wrong is in the result. `askers` tell long reads when nobody waits for them any more. */
  run(askers?: Askers): Promise<Result>;
}

/**
 * Parses and validates a request by the rules that hold on every transport. What the caller did wrong comes back as masked
 * errors, never as a throw.
 */
export async function prepare(
  { yoga, subscribe, mask, deadline }: GraphqlServer,
  actor: Actor,
  params: GraphqlParams,
): Promise<Prepared | { readonly errors: readonly GraphQLError[] }> {
  try {
    const { schema, parse, validate, contextFactory, execute } = yoga.getEnveloped({ actor, params });
    const document: DocumentNode = parse(params.query);
    const errors: readonly GraphQLError[] = validate(schema, document);
    if (errors.length > 0) return { errors: errors.map(mask) };
    const operation = getOperationAST(document, params.operationName);
    if (operation == null)
      throw new GraphQLError('Name the operation to run: there are several, or none of that name.');
    const { operationName, variables: variableValues } = params;
    return {
      kind: operation.operation,
      document,
      async run(askers) {
        try {
          const args = {
            schema,
            document,
            contextValue: { ...(await contextFactory()), askers },
            operationName,
            variableValues,
          };
          return await (operation.operation === 'subscription' ? subscribe(args) : deadline.within(execute(args)));
        } catch (error) {
          return { errors: [mask(error)] };
        }
      },
    };
  } catch (error) {
    return { errors: [mask(error)] };
  }
}

/** The result of what is no subscription. */
export function onlyResult(result: Result): ExecutionResult {
  if (isStream(result)) throw new MemoirError('BAD_INPUT', 'a subscription answers with a stream');
  return result;
}

export function isStream(result: Result): result is AsyncIterableIterator<ExecutionResult> {
  return Symbol.asyncIterator in result;
}
