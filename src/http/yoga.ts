import { execute, NoSchemaIntrospectionCustomRule, validate } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Actor } from '../access/actor.ts';
import { SharedDeadline } from '../async/shared-deadline.ts';
import { isObject } from '../domain/field.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { createContexts, type RequestContext } from '../graphql/context.ts';
import { createMask, type MaskError } from '../graphql/errors.ts';
import { DocumentCache } from '../graphql/limits/document-cache.ts';
import type { DocumentLimits } from '../graphql/limits/document-limits.ts';
import { checkDocument } from '../graphql/limits/measure.ts';
import { parseWithin } from '../graphql/limits/parse.ts';
import { schema } from '../graphql/schema.ts';
import type { Services } from '../graphql/services.ts';
import { SharedResults } from '../graphql/shared-results.ts';
import { createSubscribe, type Subscribe } from '../graphql/subscribe.ts';
import type { GraphqlParams } from './graphql-params.ts';

/** What the transports know of a request when GraphQL takes over. */
export interface TransportContext {
  readonly actor: Actor;
  readonly params: GraphqlParams;
}

export interface GraphqlOptions {
  readonly services: Services;
  /** Whether the schema may be asked for. */
  readonly introspection: boolean;
  readonly limits: DocumentLimits;
  readonly deadlineMs: number;
}

/** GraphQL for every transport: HTTP and SSE hand their requests over, the WebSocket takes `getEnveloped`. */
export interface GraphqlServer {
  readonly yoga: YogaServerInstance<TransportContext, RequestContext>;
  readonly mask: MaskError;
  /** Masks for itself, before results are shared; every layer around it would cost each message to each subscriber. */
  readonly subscribe: Subscribe;
  /** Gives up on queries and mutations that take too long. */
  readonly deadline: SharedDeadline;
}

export function createGraphql({ services, introspection, limits, deadlineMs }: GraphqlOptions): GraphqlServer {
  const mask = createMask(services.log);
  const contextOf = createContexts(services);
  const subscribe = createSubscribe(new SharedResults(), mask);

  // In the order in which a request meets them.
  const plugins: Plugin<object, TransportContext, RequestContext>[] = [
    {
      // Reading stops at the limits: nothing is built of what is too long.
      onParse({ setParseFn }) {
        setParseFn((source) => parseWithin(typeof source === 'string' ? source : source.body, limits));
      },
      // What is too large is refused before validation, whose time grows with the square of some sizes.
      onValidate({ params, context, setValidationFn, addValidationRule }) {
        checkDocument(schema, params.documentAST, context.params.variables ?? {}, limits);
        if (!introspection) addValidationRule(NoSchemaIntrospectionCustomRule);
        setValidationFn((ofSchema, document, rules, options) =>
          validate(ofSchema, document, rules, { ...(isObject(options) ? options : {}), hideSuggestions: true }),
        );
      },
      // graphql-js does the work in half of the time of Yoga's own executor, and names no neighbours of a wrong name.
      onExecute({ setExecuteFn }) {
        setExecuteFn((args) => execute({ ...args, hideSuggestions: true }));
      },
    },
  ];

  const yoga = createYoga<TransportContext, RequestContext>({
    schema,
    plugins,
    context: ({ actor, params }) => {
      const { lastEventId = null, traceparent = null } = params;
      return contextOf(actor, lastEventId, traceparent);
    },
    maskedErrors: { maskError: (error) => mask(error) },
    graphiql: false,
    // Errors are not kept: they hold the whole text.
    parserAndValidationCache: {
      documentCache: new DocumentCache(),
      errorCache: { get: () => undefined, set: () => undefined },
    },
    logging: false,
    cors: false,
    multipart: false,
    batching: false,
    landingPage: false,
    graphqlEndpoint: '/graphql',
  });
  const late = () => new MemoirError('TIMEOUT', `no answer within ${deadlineMs / 1000} seconds`);
  return { yoga, mask, subscribe, deadline: new SharedDeadline(deadlineMs, late) };
}
