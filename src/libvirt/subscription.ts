import { LibvirtError } from './error.ts';
import type { EventHub } from './event-hub.ts';
import { type EventName, type EventOf, type EventSpec, events } from './protocol/events.ts';
import type { DomainRef } from './protocol/handles.ts';
import { type RequestOptions, requestOf } from './requests.ts';
import type { CallRequest } from './rpc/pending-call.ts';
import type { Session } from './rpc/session.ts';

export interface SubscribeOptions {
  /** The one domain whose events are wanted; all by default. */
  readonly domain?: DomainRef | undefined;
  /** For qemuMonitor: the one event of QEMU that is wanted; all by default. */
  readonly monitorEvent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** A listener that the daemon serves. */
export interface Subscription extends AsyncDisposable {
  /** Stops it: no event is delivered from here on. Resolves when the daemon knows. Idempotent, and never rejects. */
  close(): Promise<void>;
}

/** Registers a listener; see Connection.subscribe. */
export async function subscribe<N extends EventName>(
  session: Session,
  hub: EventHub,
  name: N,
  listener: (event: EventOf<N>) => void,
  options: SubscribeOptions & RequestOptions,
): Promise<Subscription> {
  const spec: EventSpec = events[name];
  if (spec.registration.kind === 'connection' && hub.listens(spec))
    throw new LibvirtError('INVALID_VALUE', `${name} is registered on this connection already`);
  const request = registration(spec, options);
  const callbackId = await session.call({
    ...request,
    accept: (frame) => {
      const id = request.accept(frame);
      hub.add(spec, id, listener as (event: unknown) => void);
      return id;
    },
    // Registered after all, though nobody waits any more.
    late: (frame) => {
      const id = request.accept(frame);
      hub.retire(spec, id);
      void deregister(session, spec, id);
    },
    over: hub.expect(),
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    if (closing === undefined) {
      hub.retire(spec, callbackId);
      closing = deregister(session, spec, callbackId);
    }
    return closing;
  };
  return { close, [Symbol.asyncDispose]: close };
}

function registration(spec: EventSpec, options: SubscribeOptions & RequestOptions): CallRequest<number | undefined> {
  const { domain = null, monitorEvent = null } = options;
  switch (spec.registration.kind) {
    case 'domain':
      return requestOf('connectDomainEventCallbackRegisterAny', { event: spec.registration.event, domain }, options);
    case 'monitor':
      return requestOf('connectDomainQemuMonitorEventRegister', { domain, event: monitorEvent, flags: 0 }, options);
    case 'connection':
      return requestOf('connectRegisterCloseCallback', {}, options);
    default:
      return spec.registration satisfies never;
  }
}

/** Best effort: where the connection is gone, so is the registration. */
async function deregister(session: Session, spec: EventSpec, callbackId: number | undefined): Promise<void> {
  const options = { timeoutMs: 10_000 };
  const id = { callbackId: callbackId ?? 0 };
  const requests = {
    domain: () => requestOf('connectDomainEventCallbackDeregisterAny', id, options),
    monitor: () => requestOf('connectDomainQemuMonitorEventDeregister', id, options),
    connection: () => requestOf('connectUnregisterCloseCallback', {}, options),
  };
  await session.call(requests[spec.registration.kind]()).catch(() => undefined);
}
