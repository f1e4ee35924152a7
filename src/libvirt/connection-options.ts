import type { SshOptions } from './transports/ssh.ts';

/** How a connection is opened and kept; every field has a default. */
export interface ConnectOptions {
  /** Aborts the opening. An open connection is ended with `close()`. */
  readonly signal?: AbortSignal | undefined;
  /** For reaching the host, authenticating and opening together. Default 30 s. */
  readonly connectTimeoutMs?: number;
  /** Asks for no more than looking: the daemon then refuses whatever changes anything. Default false. */
  readonly readOnly?: boolean;
  /** For a call that names no limit of its own; calls marked long have none. Default 30 s. */
  readonly callTimeoutMs?: number;
  /**
   * Calls at the daemon at once. The default 4 is one less than a daemon's default `max_client_requests` of 5: at 5 it
   * stops reading from us, keepalive included. Raise both together.
   */
  readonly maxInFlight?: number;
  /** Calls that may wait for a place before another is refused as BUSY. Default 10,000. */
  readonly maxWaiting?: number;
  /** A silent daemon is asked after so long, and so many times, before it counts as dead. Default 5 s and 5; 0 is never. */
  readonly keepaliveIntervalMs?: number;
  readonly keepaliveCount?: number;
  /** Told what an event listener threw. The default warns through `process.emitWarning`. */
  readonly onListenerError?: (error: unknown) => void;
  /** Where session sockets are: XDG_RUNTIME_DIR. Default: `~/.cache`, which is what libvirt does without it. */
  readonly runtimeDirectory?: string | undefined;
  /** Default: the home of this process's user. */
  readonly homeDirectory?: string | undefined;
  /** Where the system daemons' sockets are. Default /run/libvirt. */
  readonly socketDirectory?: string | undefined;
  readonly ssh?: SshOptions | undefined;
}

/** Options with every default filled in. */
export type KnownOptions = ReturnType<typeof knownOptions>;

export function knownOptions(options: ConnectOptions) {
  return {
    signal: options.signal,
    connectTimeoutMs: options.connectTimeoutMs ?? 30_000,
    readOnly: options.readOnly ?? false,
    callTimeoutMs: options.callTimeoutMs ?? 30_000,
    maxInFlight: options.maxInFlight ?? 4,
    maxWaiting: options.maxWaiting ?? 10_000,
    keepaliveIntervalMs: options.keepaliveIntervalMs ?? 5_000,
    keepaliveCount: options.keepaliveCount ?? 5,
    onListenerError:
      options.onListenerError ??
      ((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error))),
    runtimeDirectory: options.runtimeDirectory,
    homeDirectory: options.homeDirectory,
    socketDirectory: options.socketDirectory,
    ssh: options.ssh,
  };
}
