import { type LibvirtError, protocolError } from './error.ts';
import { type EventSpec, eventByMessage } from './protocol/events.ts';
import { decodeBody } from './protocol/message.ts';
import type { Frame } from './rpc/frame-reader.ts';
import type { Codec } from './xdr/codec.ts';
import { struct } from './xdr/compound.ts';
import { int } from './xdr/scalars.ts';

/** Must not throw: what it threw would count as the peer's mistake. */
type Listener = (event: unknown) => void;

/** Bytes of events that may wait for the answer that tells whose they are. */
const maxEarlyBytes = 1024 * 1024;
/** Registrations that were given up, of which events may still be under way. */
const maxRetired = 1024;

/**
 * Brings the events of one connection to those who registered them. An event of a registration that was given up is
 * dropped; one that nobody ever asked for is a PROTOCOL error.
 */
export class EventHub {
  readonly #listeners = new Map<string, Listener>();
  readonly #retired = new Set<string>();
  /** Registrations whose answer is not here yet: the server may send events before it. */
  #inDoubt = 0;
  #early: { readonly key: string; readonly event: unknown }[] = [];
  #earlyBytes = 0;
  readonly #onStray: (error: LibvirtError) => void;

  /** `onStray` is told of an event that turned out to be nobody's when the registrations were decided. */
  constructor(onStray: (error: LibvirtError) => void) {
    this.#onStray = onStray;
  }

  /** A registration goes out. Call the answer once, when it is decided. */
  expect(): () => void {
    this.#inDoubt++;
    return () => {
      this.#inDoubt--;
      if (this.#inDoubt > 0) return;
      const stray = this.#early.find(({ key }) => !this.#retired.has(key));
      this.#early = [];
      this.#earlyBytes = 0;
      if (stray !== undefined) this.#onStray(protocolError(`an event that nobody asked for (${stray.key})`));
    };
  }

  /** The registration was accepted: `callbackId` is undefined where the protocol has none. */
  add(spec: EventSpec, callbackId: number | undefined, listener: Listener): void {
    const key = keyOf(spec, callbackId);
    this.#retired.delete(key);
    this.#listeners.set(key, listener);
    const mine = this.#early.filter((early) => early.key === key);
    this.#early = this.#early.filter((early) => early.key !== key);
    for (const { event } of mine) listener(event);
  }

  /** The registration is given up: whatever still comes for it is dropped. */
  retire(spec: EventSpec, callbackId: number | undefined): void {
    const key = keyOf(spec, callbackId);
    this.#listeners.delete(key);
    this.#retired.add(key);
    for (const oldest of this.#retired) {
      if (this.#retired.size <= maxRetired) break;
      this.#retired.delete(oldest);
    }
  }

  receive({ header, body }: Frame): void {
    const spec = eventByMessage(header.program, header.procedure);
    if (spec === undefined)
      throw protocolError(`message ${header.procedure} of program 0x${header.program.toString(16)}, which is no event`);
    const { callbackId, event } = decodeEvent(spec, body);
    const key = keyOf(spec, callbackId);
    const listener = this.#listeners.get(key);
    if (listener !== undefined) listener(event);
    else if (this.#inDoubt > 0) this.#keep(key, event, body.length);
    else if (!this.#retired.has(key)) throw protocolError(`an event that nobody asked for (${key})`);
  }

  #keep(key: string, event: unknown, bytes: number): void {
    this.#earlyBytes += bytes;
    if (this.#earlyBytes > maxEarlyBytes) throw protocolError('a flood of events before their registration');
    this.#early.push({ key, event });
  }
}

function keyOf(spec: EventSpec, callbackId: number | undefined): string {
  return `event ${spec.number}, callback ${callbackId ?? 'none'}`;
}

function decodeEvent(spec: EventSpec, body: Buffer): { callbackId: number | undefined; event: unknown } {
  if (spec.registration.kind === 'connection') return { callbackId: undefined, event: decodeBody(body, spec.body) };
  return decodeBody(body, struct({ callbackId: int, event: spec.body as Codec<unknown> }));
}
