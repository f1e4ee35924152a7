import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  mapSourceToResponseEvent,
  validateSubscriptionArgs,
} from 'graphql';
import { type RequestContext, renewContext } from './context.ts';

/**
 * GraphQL's subscribe, with loaders that forget after every event: what was loaded for the last event may have changed
 * since, and a subscription may live for weeks.
 */
export async function subscribeAfresh(
  args: ExecutionArgs,
): Promise<AsyncGenerator<ExecutionResult, void, void> | ExecutionResult> {
  const validated = validateSubscriptionArgs(args);
  if (!('schema' in validated)) return { errors: validated };
  const source = await createSourceEventStream(validated);
  if (!(Symbol.asyncIterator in source)) return source;
  return mapSourceToResponseEvent(validated, source, (event) =>
    executeSubscriptionEvent({ ...event, contextValue: renewContext(event.contextValue as RequestContext) }),
  );
}
