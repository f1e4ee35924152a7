import { asLibvirtError, LibvirtError } from '../error.ts';
import type { Frame } from './frame-reader.ts';

/** A call that was made: what to send, how long to wait, and what becomes of the answer. */
export interface CallRequest<T> {
  /** For texts: "domainGetState". */
  readonly name: string;
  readonly program: number;
  readonly procedure: number;
  /** Whether the call takes as long as its work: see `Procedure.long`. */
  readonly long: boolean;
  /** The message, made when it is sent: its serial is known only then. */
  encode(serial: number): Buffer;
  /** Turns a successful reply into the result, at once, before the next message is looked at. */
  accept(frame: Frame): T;
  /**
   * Undoes what a successful reply reports that nobody waits for any more (a stream that was opened, an event that was
   * registered). Called instead of `accept`.
   */
  late?(frame: Frame): void;
  /** Told once, when the call is no longer at the server and will not be: answered in any way, or never sent. */
  over?(): void;
  readonly signal?: AbortSignal | undefined;
  /** Counted from the call, waiting for a place included; undefined waits for ever. */
  readonly timeoutMs?: number | undefined;
}

/**
 * One call on its way. It settles once: by its reply, its time limit, its signal or the end of the connection; its timer
 * and its listener are gone from then on.
 */
export class PendingCall<T> {
  readonly request: CallRequest<T>;
  readonly result: Promise<T>;
  /** Set when it was sent. */
  serial: number | undefined;
  #resolve!: (value: T) => void;
  #reject!: (error: LibvirtError) => void;
  #timer: NodeJS.Timeout | undefined;
  #settled = false;
  readonly #onAbort: () => void;

  /** `gaveUp` is told when the time limit or the signal settled the call. */
  constructor(request: CallRequest<T>, gaveUp: () => void) {
    this.request = request;
    this.result = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const giveUp = (error: LibvirtError): void => {
      this.fail(error);
      gaveUp();
    };
    this.#onAbort = () => giveUp(aborted(request.name, request.signal));
    request.signal?.addEventListener('abort', this.#onAbort, { once: true });
    const { timeoutMs } = request;
    if (timeoutMs !== undefined && timeoutMs < 2 ** 31)
      this.#timer = setTimeout(() => giveUp(this.#late(timeoutMs)), timeoutMs);
  }

  /** Whether nobody waits for the answer any more. */
  get abandoned(): boolean {
    return this.#settled;
  }

  /** Takes the successful reply. What `accept` or `late` throw is thrown on: the reply was malformed. */
  succeed(frame: Frame): void {
    if (this.#settled) {
      this.request.late?.(frame);
      return;
    }
    try {
      const value = this.request.accept(frame);
      this.#settle();
      this.#resolve(value);
    } catch (error) {
      this.fail(asLibvirtError(error, 'PROTOCOL'));
      throw error;
    }
  }

  fail(error: LibvirtError): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(error);
  }

  #late(timeoutMs: number): LibvirtError {
    const { name } = this.request;
    return this.serial === undefined
      ? new LibvirtError('TIMEOUT', `${name}: not sent within ${timeoutMs} ms, other calls take all places`, {
          mend: 'Ask again, or use a connection of its own; nothing was done.',
        })
      : new LibvirtError('TIMEOUT', `${name}: no answer within ${timeoutMs} ms`);
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.request.signal?.removeEventListener('abort', this.#onAbort);
  }
}

/** The error of a call or stream whose signal was aborted; the reason that was given is its cause. */
export function aborted(name: string, signal: AbortSignal | undefined): LibvirtError {
  return new LibvirtError('ABORTED', `${name} was aborted`, { cause: signal?.reason });
}
