import type { Actor } from '../access/actor.ts';
import type { Askers } from '../async/askers.ts';
import { createLoaders, type Loaders } from './loaders.ts';
import type { Services } from './services.ts';
import { ServiceChanges } from './streams/service-changes.ts';

/** Streams that all subscribers share. */
export interface Streams {
  readonly service: ServiceChanges;
}

/** One request, or one event of a subscription: loaders remember nothing beyond it. */
export interface RequestContext {
  readonly services: Services;
  readonly streams: Streams;
  readonly actor: Actor;
  readonly loaders: Loaders;
  /** Where an event stream is to go on, as its client says after a lost connection. */
  readonly lastEventId: string | null;
  /** The caller's trace, as it came with the request. */
  readonly traceparent: string | null;
  /** Those who wait for the answer, where their leaving is noticed: what takes long ends with them. */
  readonly askers?: Askers | undefined;
}

/** Makes the contexts of a server's requests. */
export function createContexts(
  services: Services,
): (actor: Actor, lastEventId: string | null, traceparent: string | null) => RequestContext {
  const streams: Streams = { service: new ServiceChanges(services) };
  return (actor, lastEventId, traceparent) => ({
    services,
    streams,
    actor,
    lastEventId,
    traceparent,
    loaders: createLoaders(services),
  });
}

/** The same caller's next event: what was loaded for the last one may have changed since. */
export function renewContext(context: RequestContext): RequestContext {
  return { ...context, loaders: createLoaders(context.services) };
}
