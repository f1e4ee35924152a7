import { execute, NoSchemaIntrospectionCustomRule, validate } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Actor } from '../access/actor.ts';
import { createContext, type RequestContext, type Services } from '../graphql/context.ts';
import { createMask, type MaskError } from '../graphql/errors.ts';
import { schema } from '../graphql/schema.ts';
import { subscribeAfresh } from '../graphql/subscribe.ts';

/** What the transports know of a request when GraphQL takes over. */
export interface TransportContext {
  readonly actor: Actor;
}

export interface GraphqlOptions {
  readonly services: Services;
  /** The page for trying out queries, at /graphql in a browser. */
  readonly graphiql: boolean;
  /** Whether the schema may be asked for. */
  readonly introspection: boolean;
}

/** GraphQL for every transport: HTTP and SSE hand their requests over, the WebSocket takes `getEnveloped`. */
export interface GraphqlServer {
  readonly yoga: YogaServerInstance<TransportContext, RequestContext>;
  readonly mask: MaskError;
}

export function createGraphql({ services, graphiql, introspection }: GraphqlOptions): GraphqlServer {
  const mask = createMask(services.log);

  // In the order in which a request meets them.
  const plugins: Plugin[] = [
    // graphql-js does the work: half of the time of Yoga's default executor, and it names no neighbours of a wrong name.
    {
      onValidate({ setValidationFn, addValidationRule }) {
        setValidationFn((ofSchema, document, rules, options) =>
          validate(ofSchema, document, rules, { ...(options as object), hideSuggestions: true }),
        );
        if (!introspection) addValidationRule(NoSchemaIntrospectionCustomRule);
      },
      onExecute({ setExecuteFn }) {
        setExecuteFn((args) => execute({ ...args, hideSuggestions: true }));
      },
      onSubscribe({ setSubscribeFn }) {
        setSubscribeFn((args) => subscribeAfresh({ ...args, hideSuggestions: true }));
      },
    },
  ];

  const yoga = createYoga<TransportContext, RequestContext>({
    schema,
    plugins,
    context: ({ actor }) => createContext(services, actor),
    maskedErrors: { maskError: (error) => mask(error) },
    graphiql: graphiql && { title: 'Memoir' },
    logging: false,
    cors: false,
    multipart: false,
    batching: false,
    landingPage: false,
    graphqlEndpoint: '/graphql',
  });
  return { yoga, mask };
}
