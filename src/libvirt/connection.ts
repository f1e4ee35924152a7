import type { Duplex } from 'node:stream';
import type { KnownOptions } from './connection-options.ts';
import type { LibvirtError } from './error.ts';
import { EventHub } from './event-hub.ts';
import { type MonitorCommand, monitorRequest, monitorResult } from './monitor.ts';
import type { EventName, EventOf } from './protocol/events.ts';
import type { DomainRef, VolumeRef } from './protocol/handles.ts';
import type { ArgsOf, ProcedureName, ReplyOf, StreamName } from './protocol/procedures.ts';
import { transferFlags } from './protocol/values.ts';
import { requestOf, streamRequestOf } from './requests.ts';
import { Download } from './rpc/download.ts';
import { Session } from './rpc/session.ts';
import { Upload } from './rpc/upload.ts';
import { type SubscribeOptions, type Subscription, Subscriptions } from './subscriptions.ts';

export interface CallOptions {
  /** Stops waiting. The daemon goes on with what it was asked; its answer is dropped. */
  readonly signal?: AbortSignal | undefined;
  /** From the call to its answer. Default: the connection's `callTimeoutMs`, and none for calls marked long. */
  readonly timeoutMs?: number | undefined;
  /** Told once, when the daemon works on the call no more: it answered, was never asked, or the connection has ended. */
  readonly over?: (() => void) | undefined;
}

export interface StreamOptions extends CallOptions {
  /** Zeros are sent as their length: see the streams themselves. */
  readonly sparse?: boolean;
}

export interface TransferOptions extends StreamOptions {
  readonly offset?: bigint;
  /** 0, the default, is up to the end. */
  readonly length?: bigint;
}

/**
 * One open connection to a libvirt daemon. Calls may be made at any time and at once; they are answered in any order.
 * It ends by `close()`, or by itself when the daemon goes: `closed` then tells why, and every later call fails.
 */
export class Connection implements AsyncDisposable {
  readonly uri: string;
  readonly readOnly: boolean;
  /** Resolves at the end: with the reason, or with undefined after `close()`. Never rejects. */
  readonly closed: Promise<LibvirtError | undefined>;
  readonly #session: Session;
  readonly #subscriptions: Subscriptions;
  readonly #options: KnownOptions;
  /** Told when the number of lost calls has changed. */
  onLost: () => void = () => undefined;
  #retired = false;

  /** For `connect`, which alone makes a connection that is of use. */
  constructor(uri: string, duplex: Duplex, options: KnownOptions) {
    this.uri = uri;
    this.readOnly = options.readOnly;
    this.#options = options;
    const hub = new EventHub((error) => this.#session.end(error));
    this.#session = new Session(duplex, {
      ...options,
      onMessage: (frame) => hub.receive(frame),
      onLost: () => this.#lostChanged(),
    });
    this.#subscriptions = new Subscriptions(this.#session, hub, options.onListenerError);
    this.closed = this.#session.ended;
  }

  /** What is under way: calls waiting for a place, calls at the daemon, open streams. */
  get load(): { readonly waiting: number; readonly inFlight: number; readonly streams: number } {
    return this.#session.load;
  }

  /** Calls that were given up (time limit, signal) and that the daemon has not answered yet: each takes a place there. */
  get lost(): number {
    return this.#session.lost;
  }

  /** Takes no new calls (NOT_SENT), and ends by itself when nothing is under way any more. */
  retire(): void {
    this.#retired = true;
    this.#session.retire();
    this.#lostChanged();
  }

  #lostChanged(): void {
    const { inFlight, streams } = this.#session.load;
    if (this.#retired && inFlight === 0 && streams === 0) this.end(undefined);
    this.onLost();
  }

  /** Calls a procedure of the table (protocol/procedures.ts). */
  async call<N extends ProcedureName>(name: N, args: ArgsOf<N>, options: CallOptions = {}): Promise<ReplyOf<N>> {
    return this.#session.call(requestOf(name, args, this.#timed(options)));
  }

  /** Calls a procedure that opens a stream to us. `signal` aborts the stream too. */
  async receive<N extends StreamName<'download'>>(
    name: N,
    args: ArgsOf<N>,
    { sparse = false, ...options }: StreamOptions = {},
  ): Promise<Download> {
    const { signal } = options;
    const { streams } = this.#session;
    return this.#session.call(
      streamRequestOf(
        name,
        args,
        this.#timed(options),
        streams,
        (port) => new Download(port, { name, sparse, signal }),
      ),
    );
  }

  /** Calls a procedure that opens a stream from us. `signal` aborts the stream too. */
  async send<N extends StreamName<'upload'>>(
    name: N,
    args: ArgsOf<N>,
    { sparse = false, ...options }: StreamOptions = {},
  ): Promise<Upload> {
    const { signal } = options;
    const { streams } = this.#session;
    const { length } = args as ArgsOf<'storageVolUpload'>;
    return this.#session.call(
      streamRequestOf(
        name,
        args,
        this.#timed(options),
        streams,
        (port) => new Upload(port, { name, sparse, length, signal }),
      ),
    );
  }

  /** The bytes of a storage volume. A slow reader holds up this whole connection: give long transfers their own. */
  download(volume: VolumeRef, options: TransferOptions = {}): Promise<Download> {
    return this.receive('storageVolDownload', transferArgs(volume, options), options);
  }

  /** Writes into a storage volume. */
  upload(volume: VolumeRef, options: TransferOptions = {}): Promise<Upload> {
    return this.send('storageVolUpload', transferArgs(volume, options), options);
  }

  /** Sends a QMP command to a guest's QEMU and resolves with its `return`. QEMU's refusal is a MONITOR_ERROR. */
  async qemuMonitorCommand(domain: DomainRef, command: MonitorCommand, options: CallOptions = {}): Promise<unknown> {
    const request = { domain, command: monitorRequest(command), flags: 0 };
    return monitorResult(command, await this.call('domainQemuMonitorCommand', request, options));
  }

  /**
   * Asks for an event of the table (protocol/events.ts), of one domain or of all. The listener is called for each,
   * possibly before this resolves, until the subscription or the connection is closed.
   */
  subscribe<N extends EventName>(
    name: N,
    listener: (event: EventOf<N>) => void,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    return this.#subscriptions.subscribe(name, listener, { ...options, ...this.#timed(options) });
  }

  /** Takes leave of the daemon and closes; calls and streams that are under way fail with CLOSED. Idempotent. */
  async close(): Promise<void> {
    const leave = requestOf('connectClose', {}, { timeoutMs: closeTimeoutMs });
    const left = this.#session.load.inFlight === 0 ? this.#session.call(leave) : Promise.resolve();
    await Promise.race([left.catch(() => undefined), this.closed]);
    this.end(undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Ends the connection at once, without a word to the daemon. */
  end(reason: LibvirtError | undefined): void {
    this.#session.end(reason);
  }

  /** For `connect`: the daemon agreed to keepalive. */
  startKeepalive(): void {
    this.#session.startKeepalive();
  }

  #timed(options: CallOptions): CallOptions & { readonly defaultTimeoutMs: number } {
    return { ...options, defaultTimeoutMs: this.#options.callTimeoutMs };
  }
}

/** How long the daemon may take to say goodbye. */
const closeTimeoutMs = 2_000;

function transferArgs(volume: VolumeRef, { offset = 0n, length = 0n, sparse = false }: TransferOptions) {
  return { volume, offset, length, flags: sparse ? transferFlags.sparse : 0 };
}
