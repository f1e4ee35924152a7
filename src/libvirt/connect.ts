import { Connection } from './connection.ts';
import { type ConnectOptions, type KnownOptions, knownOptions } from './connection-options.ts';
import { connectDeadline } from './deadline.ts';
import { LibvirtError } from './error.ts';
import { authTypes, features, openFlags } from './protocol/values.ts';
import { openTransport } from './transports/open.ts';
import { parseUri, type Target } from './transports/target.ts';

/**
 * Connects to the daemon that `uri` names, authenticates, and opens its hypervisor. The connection is ready when this
 * resolves; close it. What goes wrong says so by code and with what helps.
 */
export async function connect(uri: string, options: ConnectOptions = {}): Promise<Connection> {
  const target = parseUri(uri);
  const known = knownOptions(options);
  using limit = connectDeadline(`connecting to ${uri === '' ? 'libvirt' : uri}`, known.connectTimeoutMs, known.signal);
  limit.signal.throwIfAborted();
  const connection = new Connection(uri, await openTransport(target, known, limit.signal), known);
  try {
    await open(connection, target, known, limit.signal);
    return connection;
  } catch (error) {
    connection.end(undefined);
    limit.signal.throwIfAborted();
    // A transport that failed underneath knows more than the call that was lost with it.
    throw error instanceof LibvirtError && error.code === 'CONNECTION_LOST' && error.cause instanceof LibvirtError
      ? error.cause
      : error;
  }
}

/** The order that the daemon insists on: authentication, features, then the hypervisor. */
async function open(connection: Connection, target: Target, options: KnownOptions, signal: AbortSignal): Promise<void> {
  await authenticate(connection, signal);
  // Asking for keepalive arms it: from here on the daemon pings us too.
  const keepalive = await connection.call('connectSupportsFeature', { feature: features.keepalive }, { signal });
  const flags = options.readOnly ? openFlags.readOnly : 0;
  await connection.call('connectOpen', { name: target.daemonUri, flags }, { signal });
  if (keepalive === 1) connection.startKeepalive();
}

/** The list must be asked for even where nothing is required: root on a local socket is let in by that call. */
async function authenticate(connection: Connection, signal: AbortSignal): Promise<void> {
  const types = await connection.call('authList', {}, { signal });
  if (types.length === 0 || types.includes(authTypes.none)) return;
  if (!types.includes(authTypes.polkit))
    throw new LibvirtError('AUTH_UNSUPPORTED', `the daemon offers authentication by type ${types.join(', ')} only`);
  try {
    await connection.call('authPolkit', {}, { signal });
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.number === undefined) throw error;
    const { number, domain = 0, level = 2, int1 = 0 } = error;
    throw new LibvirtError(error.code, `polkit does not let this user in: ${error.message}`, {
      cause: error,
      server: { number, domain, level, int1 },
      mend: 'Add a polkit rule that allows org.libvirt.unix.manage to this user, or run as root or in the group libvirt.',
    });
  }
}
