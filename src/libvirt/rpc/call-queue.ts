import { LibvirtError, protocolError } from '../error.ts';
import { decodeError } from '../protocol/error-body.ts';
import { messageStatus } from '../protocol/header.ts';
import type { Frame } from './frame-reader.ts';
import { aborted, type CallRequest, PendingCall } from './pending-call.ts';
import { Serials } from './serials.ts';

export interface CallQueueOptions {
  /** Hands a message to the connection. */
  readonly send: (message: Buffer) => void;
  /** Whether a serial is still used by something else than a call: a stream outlives the call that opened it. */
  readonly serialTaken: (serial: number) => boolean;
  /** Calls at the server at once. */
  readonly maxInFlight: number;
  /** Calls that may wait for a place; the next one is refused as BUSY. */
  readonly maxWaiting: number;
  /** The number of lost calls has changed, or a retired queue has one call less. */
  readonly onLost?: () => void;
}

/**
 * The calls of one connection. A server works on `max_client_requests` (5) calls of one client and then stops *reading*
 * from it, keepalive included (src/rpc/virnetserverclient.c): so at most `maxInFlight` are sent, and the rest waits here
 * in order. A long call never takes the last place, so that short ones get through beside it.
 *
 * A call that was given up is lost: the server still works on it, and counts it, until its reply comes, which is dropped.
 * So its place cannot be given to another call here; whoever keeps the connection learns of it (`onLost`), and takes another
 * connection for new calls (`retire`).
 */
export class CallQueue {
  readonly #options: CallQueueOptions;
  readonly #serials: Serials;
  readonly #inFlight = new Map<number, PendingCall<unknown>>();
  readonly #waiting = new Set<PendingCall<unknown>>();
  #ended: LibvirtError | undefined;
  #retired = false;

  constructor(options: CallQueueOptions) {
    this.#options = options;
    this.#serials = new Serials((serial) => this.#inFlight.has(serial) || options.serialTaken(serial));
  }

  /** Calls that wait for a place, and those at the server, given-up ones included. */
  get load(): { readonly waiting: number; readonly inFlight: number } {
    return { waiting: this.#waiting.size, inFlight: this.#inFlight.size };
  }

  /** Calls at the server that nobody waits for any more. */
  get lost(): number {
    return [...this.#inFlight.values()].filter(({ abandoned }) => abandoned).length;
  }

  /** Takes no calls any more, and fails those that wait: NOT_SENT, for another connection to take. What was sent goes on. */
  retire(): void {
    this.#retired = true;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const call of waiting) {
      call.fail(notSent(call.request.name));
      call.request.over?.();
    }
  }

  async submit<T>(request: CallRequest<T>): Promise<T> {
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#retired) throw notSent(request.name);
    if (request.signal?.aborted) throw aborted(request.name, request.signal);
    if (this.#waiting.size >= this.#options.maxWaiting)
      throw new LibvirtError('BUSY', `${request.name}: ${this.#waiting.size} calls are waiting already`);
    const call = new PendingCall(request, () => {
      if (this.#waiting.delete(call as PendingCall<unknown>)) request.over?.();
      else this.#options.onLost?.();
    });
    this.#waiting.add(call as PendingCall<unknown>);
    this.#pump();
    return call.result;
  }

  /** Takes a reply; one that answers no call, or another call than it says, is a PROTOCOL error. */
  receive(frame: Frame): void {
    const { serial, program, procedure, status } = frame.header;
    const call = this.#inFlight.get(serial);
    if (call === undefined) throw protocolError(`a reply with serial ${serial}, which no call has`);
    if (program !== call.request.program || procedure !== call.request.procedure)
      throw protocolError(
        `serial ${serial} is a call of ${call.request.procedure}, and the reply is one of ${procedure}`,
      );
    if (status === messageStatus.continue) throw protocolError('a reply that says "continue"');
    const wasLost = call.abandoned;
    if (status === messageStatus.error) call.fail(decodeError(frame.body));
    else call.succeed(frame);
    this.#inFlight.delete(serial);
    call.request.over?.();
    if (wasLost || this.#retired) this.#options.onLost?.();
    this.#pump();
  }

  /** Fails everything that waits or is on its way, and every later call. */
  end(error: LibvirtError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    const calls = [...this.#inFlight.values(), ...this.#waiting];
    this.#inFlight.clear();
    this.#waiting.clear();
    for (const call of calls) {
      call.fail(error);
      call.request.over?.();
    }
  }

  #pump(): void {
    while (this.#ended === undefined && this.#inFlight.size < this.#options.maxInFlight) {
      const call = this.#next();
      if (call === undefined) return;
      this.#waiting.delete(call);
      this.#send(call);
    }
  }

  /** The first that may go; a long one may not while the others leave one place only. */
  #next(): PendingCall<unknown> | undefined {
    const long = [...this.#inFlight.values()].filter(({ request }) => request.long).length;
    const longMayGo = long < Math.max(1, this.#options.maxInFlight - 1);
    for (const call of this.#waiting) if (longMayGo || !call.request.long) return call;
    return undefined;
  }

  #send(call: PendingCall<unknown>): void {
    const serial = this.#serials.next();
    let message: Buffer;
    try {
      message = call.request.encode(serial);
    } catch (error) {
      // A value that cannot be sent: the caller's mistake, and nothing was sent.
      call.fail(error instanceof LibvirtError ? error : new LibvirtError('INVALID_VALUE', String(error)));
      call.request.over?.();
      return;
    }
    call.serial = serial;
    this.#inFlight.set(serial, call);
    this.#options.send(message);
  }
}

const notSent = (name: string): LibvirtError =>
  new LibvirtError('NOT_SENT', `${name}: the connection takes no calls any more`);
