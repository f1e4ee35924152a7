import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { untilAborted } from '../../async/until-aborted.ts';
import { LibvirtError, protocolError } from '../error.ts';
import { certificatePaths, readCertificates } from './certificates.ts';
import type { Target } from './target.ts';

/** libvirt's registered port for TLS. */
const tlsPort = 16514;

/** The byte that the server sends, inside of TLS, once it has accepted our certificate (virnetserverclient.c). */
const accepted = 1;

/** Connects by TLS with certificates on both sides, and waits until the server has accepted ours. */
export async function openTls(
  target: Target,
  options: { readonly homeDirectory?: string | undefined },
  signal: AbortSignal,
): Promise<TLSSocket> {
  const paths = certificatePaths({ folder: target.parameters.pkipath, homeDirectory: options.homeDirectory });
  const files = await readCertificates(paths);
  const port = target.port ?? tlsPort;
  const socket = connect({
    ...files,
    host: target.host,
    port,
    // SNI carries names only; the certificate is checked against the host either way.
    ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: target.parameters.no_verify !== '1',
  });
  let secure = false;
  try {
    await once(socket, 'secureConnect', { signal });
    secure = true;
    await waitUntilAccepted(socket, signal);
    return oneWriteOneRecord(socket);
  } catch (error) {
    // Late errors of a socket that is given up have no reader.
    socket.on('error', () => undefined);
    socket.destroy();
    signal.throwIfAborted();
    throw explained(error as NodeJS.ErrnoException, socket, secure, `${target.host}:${port}`);
  }
}

/**
 * Never two messages in one TLS record: libvirtd takes one message each time its socket is readable, and does not look at
 * what GnuTLS has decrypted beyond it. The second one would lie there until something else arrives (seen with 11.3; virsh
 * sends each in a record of its own). Without `_writev` Node hands over what waits write by write.
 */
function oneWriteOneRecord(socket: TLSSocket): TLSSocket {
  return Object.defineProperty(socket, '_writev', { value: null });
}

/**
 * With TLS 1.3 our side is done before the server has looked at our certificate: a rejected one shows as an alert or
 * a hang-up where the byte should come.
 */
function waitUntilAccepted(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    const byte = socket.read(1) as Buffer | null;
    if (byte?.[0] === accepted) resolve();
    else if (byte !== null) reject(protocolError(`the server's first byte is ${byte[0]}, not 1`));
  };
  const hungUp = (): void => reject(new Error('the server hung up'));
  socket.on('readable', look).on('end', hungUp).on('close', hungUp).on('error', reject);
  return untilAborted(promise, signal).finally(() => {
    socket.off('readable', look).off('end', hungUp).off('close', hungUp).off('error', reject);
  });
}

function explained(error: NodeJS.ErrnoException, socket: TLSSocket, secure: boolean, where: string): LibvirtError {
  if (error instanceof LibvirtError) return error;
  const options = { cause: error };
  if (secure || /^ERR_SSL_.*ALERT/.test(error.code ?? ''))
    return new LibvirtError(
      'CERTIFICATE_REJECTED',
      `${where}: server rejected our certificate (${error.message})`,
      options,
    );
  if (socket.authorizationError) return new LibvirtError('CERTIFICATE_INVALID', `${where}: ${error.message}`, options);
  if (error.code?.startsWith('ERR_SSL_') || error.code === 'EPROTO')
    return new LibvirtError('PROTOCOL', `${where} does not speak TLS: ${error.message}`, options);
  return new LibvirtError('HOST_UNREACHABLE', `cannot connect to ${where}: ${error.message}`, options);
}
