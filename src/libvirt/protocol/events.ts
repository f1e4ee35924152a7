import type { Codec } from '../xdr/codec.ts';
import { type Fields, type StructOf, struct } from '../xdr/compound.ts';
import { hyper, int, unsignedInt } from '../xdr/scalars.ts';
import { type DomainRef, domain, optionalString, string } from './handles.ts';
import { limits, programs } from './programs.ts';
import { typedParameters } from './typed-parameters.ts';

/**
 * How an event is asked for and stopped. `domain` and `monitor` are registered any number of times and answered with a
 * callback id, which every event then starts with; `connection` is registered once and carries no id.
 */
export type Registration =
  | { readonly kind: 'domain'; readonly event: number }
  | { readonly kind: 'monitor' }
  | { readonly kind: 'connection' };

/** One event of the protocol as data: the message that carries it, how it is registered, and what it says. */
export interface EventSpec<B = unknown> {
  readonly program: number;
  readonly number: number;
  readonly registration: Registration;
  /** What follows the callback id (or is the whole body where there is none). */
  readonly body: Codec<B>;
}

/** A domain event: `event` is its virDomainEventID, `number` the message that brings it. */
function domainEvent<const F extends Fields>(
  event: number,
  number: number,
  fields: F,
): EventSpec<{ readonly domain: DomainRef } & StructOf<F>> {
  const body = struct({ domain, ...fields }) as unknown as Codec<{ readonly domain: DomainRef } & StructOf<F>>;
  return { program: programs.remote, number, registration: { kind: 'domain', event }, body };
}

const parameters = typedParameters(limits.eventParameters);

/** The events that this client knows: the one place to add another. */
export const events = {
  /** Defined, started, suspended… : `event` and `detail` are virDomainEventType and its own detail. */
  lifecycle: domainEvent(0, 318, { event: int, detail: int }),
  /** The guest restarted itself; one reset may bring several. */
  reboot: domainEvent(1, 319, {}),
  deviceRemoved: domainEvent(15, 333, { alias: string }),
  tunable: domainEvent(17, 346, { parameters }),
  agentLifecycle: domainEvent(18, 348, { state: int, reason: int }),
  deviceAdded: domainEvent(19, 354, { alias: string }),
  migrationIteration: domainEvent(20, 359, { iteration: int }),
  /** The end of a job, with its statistics. QEMU's memory-only dumps end without one. */
  jobCompleted: domainEvent(21, 363, { parameters }),
  deviceRemovalFailed: domainEvent(22, 367, { alias: string }),
  metadataChange: domainEvent(23, 379, { type: int, uri: optionalString }),

  /** What QEMU's own monitor reports, on QEMU's own clock. */
  qemuMonitor: {
    program: programs.qemu,
    number: 6,
    registration: { kind: 'monitor' },
    body: struct({ domain, event: string, seconds: hyper, microseconds: unsignedInt, details: optionalString }),
  },

  /** The daemon lost its hypervisor and will not serve this connection any more (virConnectCloseReason). */
  connectionClosed: {
    program: programs.remote,
    number: 362,
    registration: { kind: 'connection' },
    body: struct({ reason: int }),
  },
} as const satisfies Record<string, EventSpec>;

export type EventName = keyof typeof events;

/** What an event says to its listener. */
export type EventOf<N extends EventName> = (typeof events)[N] extends EventSpec<infer B> ? B : never;

/** The event that a message carries; undefined if this client knows none by that number. */
export function eventByMessage(program: number, number: number): EventSpec | undefined {
  return Object.values<EventSpec>(events).find((event) => event.program === program && event.number === number);
}
