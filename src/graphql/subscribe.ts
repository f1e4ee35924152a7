import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  validateSubscriptionArgs,
} from 'graphql';
import { mapStream } from '../async/map-stream.ts';
import { type RequestContext, renewContext } from './context.ts';
import type { MaskError } from './errors.ts';
import type { SharedResults } from './shared-results.ts';

export type Subscribe = (args: ExecutionArgs) => Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;

/**
 * GraphQL's subscribe, where identical subscriptions share the work of an event. Loaders forget after every event: what was
 * loaded for the last one may have changed since, and a subscription may live for weeks. Errors are masked before they are
 * shared.
 */
export function createSubscribe(shared: SharedResults, mask: MaskError): Subscribe {
  return async (args) => {
    const validated = validateSubscriptionArgs({ ...args, hideSuggestions: true });
    if (!('schema' in validated)) return { errors: validated.map(mask) };
    const source = await createSourceEventStream(validated);
    if (!(Symbol.asyncIterator in source)) return { errors: source.errors?.map(mask) ?? [] };
    const events = source[Symbol.asyncIterator]() as AsyncIterator<unknown>;
    const context = args.contextValue as RequestContext;
    const { document, operationName, variableValues } = args;
    const key = shared.keyOf({ document, operationName, variables: variableValues, context });

    const execute = async (rootValue: unknown): Promise<ExecutionResult> => {
      const result = await executeSubscriptionEvent({ ...validated, rootValue, contextValue: renewContext(context) });
      return result.errors === undefined ? result : { ...result, errors: result.errors.map(mask) };
    };
    return mapStream(events, (event) => shared.answer(event, key, () => execute(event)));
  };
}
