import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  Kind,
  type ValidatedSubscriptionArgs,
  validateSubscriptionArgs,
} from 'graphql';
import { mapStream } from '../async/map-stream.ts';
import { type RequestContext, renewContext } from './context.ts';
import type { MaskError } from './errors.ts';
import { keepEventId } from './event-ids.ts';
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
    const events: AsyncIterator<unknown> = source[Symbol.asyncIterator]();
    const context = args.contextValue as RequestContext;
    const { document, operationName, variableValues } = args;
    const key = shared.keyOf({ document, operationName, variables: variableValues, context });

    const eventId = eventIdField(validated);

    const execute = async (rootValue: unknown): Promise<ExecutionResult> => {
      const executed = await executeSubscriptionEvent({ ...validated, rootValue, contextValue: renewContext(context) });
      const result = executed.errors === undefined ? executed : { ...executed, errors: executed.errors.map(mask) };
      if (eventId !== undefined) keepEventId(result, eventId(rootValue));
      return result;
    };
    return mapStream(events, (event) => shared.answer(event, key, () => execute(event)));
  };
}

type EventId = (event: unknown) => string;

/** How the subscription's field names the place of an event, if its stream can be resumed. */
function eventIdField({ schema, operation }: Pick<ValidatedSubscriptionArgs, 'schema' | 'operation'>) {
  const fields = schema.getSubscriptionType()?.getFields();
  const [node] = operation.selectionSet.selections;
  const field = node?.kind === Kind.FIELD ? fields?.[node.name.value] : undefined;
  return (field?.extensions as { eventId?: EventId } | undefined)?.eventId;
}
