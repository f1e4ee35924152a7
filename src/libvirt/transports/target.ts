import { isIP } from 'node:net';
import { LibvirtError } from '../error.ts';
import { takeParameters, type UriParameters } from './uri-parameters.ts';

/** Where a URI leads: https://libvirt.org/uri.html. */
export interface Target {
  readonly transport: 'unix' | 'tls' | 'ssh';
  /** The hypervisor driver: qemu, test, xen, lxc… */
  readonly driver: string;
  /** Whether the daemon of one user is meant, not the system's. */
  readonly session: boolean;
  /** Empty on a local socket. */
  readonly host: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly parameters: UriParameters;
  /** What the daemon is asked to open: always local to it. It would follow a remote URI by itself, as root. */
  readonly daemonUri: string;
}

const transports = ['unix', 'tls', 'ssh'] as const;

/** A host name: nothing that an option, a shell or a pattern could be made of. */
const hostPattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const userPattern = /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$/;
/** What a daemon is asked to open goes through a shell's hands on the way of ssh. */
const daemonUriPattern = /^(?:[a-z][a-z0-9]*:\/\/(?:\/[A-Za-z0-9._~%/+-]*)?(?:\?[A-Za-z0-9._~%/+=&-]*)?)?$/;

/** Takes a libvirt URI apart. URIs are configuration: never let one come from those who use your service. */
export function parseUri(uri: string): Target {
  // The empty URI lets the daemon choose its hypervisor.
  if (uri === '') return { ...local, driver: 'qemu', daemonUri: '' };
  let url: URL;
  try {
    url = new URL(uri);
  } catch (cause) {
    throw new LibvirtError('URI_INVALID', `"${uri}" is not a URI`, { cause });
  }
  const [, driver, named] = /^([a-z][a-z0-9]*)(?:\+([a-z0-9]+))?:$/.exec(url.protocol) ?? [];
  if (driver === undefined || !uri.slice(url.protocol.length).startsWith('//'))
    throw new LibvirtError('URI_INVALID', `"${uri}" does not start like driver:// or driver+transport://`);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const transport = transportOf(named, host, uri);
  const { parameters, rest } = takeParameters(url.searchParams);
  if (url.pathname === '/embed')
    throw new LibvirtError('URI_UNSUPPORTED', `"${uri}": an embedded driver lives in the C library, not in a daemon`);
  const target: Target = {
    transport,
    driver,
    session: url.pathname === '/session',
    host,
    port: url.port === '' ? undefined : Number(url.port),
    user: url.username === '' ? undefined : decoded(url.username),
    parameters,
    daemonUri: parameters.name ?? `${driver}://${url.pathname}${rest}`,
  };
  check(target, url);
  return target;
}

const local = {
  transport: 'unix',
  session: false,
  host: '',
  port: undefined,
  user: undefined,
  parameters: {},
} as const;

function transportOf(named: string | undefined, host: string, uri: string): Target['transport'] {
  const transport = named ?? (host === '' ? 'unix' : 'tls');
  const known = transports.find((name) => name === transport);
  if (known === undefined) throw new LibvirtError('URI_UNSUPPORTED', `transport "${transport}" of "${uri}"`);
  if (known !== 'unix' && host === '') throw new LibvirtError('URI_INVALID', `"${uri}" names no host for ${known}`);
  if (known === 'unix' && host !== '')
    throw new LibvirtError('URI_INVALID', `"${uri}" names a host, and a unix socket has none`);
  return known;
}

function check(target: Target, url: URL): void {
  if (target.host !== '' && !hostPattern.test(target.host) && isIP(target.host) === 0)
    throw new LibvirtError('URI_INVALID', `"${target.host}" is not a host name or address`);
  if (url.password !== '') throw new LibvirtError('URI_INVALID', 'a URI is no place for a password');
  if (target.user !== undefined && !userPattern.test(target.user))
    throw new LibvirtError('URI_INVALID', `"${target.user}" is not a user name`);
  if (target.user !== undefined && target.transport !== 'ssh')
    throw new LibvirtError('URI_INVALID', `a user name belongs to ssh, not to ${target.transport}`);
  if (!daemonUriPattern.test(target.daemonUri))
    throw new LibvirtError('URI_INVALID', `the daemon cannot be asked to open "${target.daemonUri}"`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new LibvirtError('URI_INVALID', `"${text}" is badly percent-encoded`, { cause });
  }
}
