import { LibvirtError } from '../error.ts';

/** The query parameters of https://libvirt.org/uri.html that this client follows; all others go to the daemon. */
export interface UriParameters {
  /** Opened by the daemon instead of what the URI itself says. */
  readonly name?: string;
  /** The daemon's socket, here or (with ssh) there. */
  readonly socket?: string;
  /** Which daemon: the modular one (direct), the monolithic one (legacy), whichever is there (auto). */
  readonly mode?: string;
  /** TLS: the folder of cacert.pem, clientcert.pem and clientkey.pem. */
  readonly pkipath?: string;
  /** 1: the server's certificate (TLS) or host key (ssh) is not checked. */
  readonly no_verify?: string;
  /** ssh: the private key, the program to run as ssh, the file of known hosts. */
  readonly keyfile?: string;
  readonly command?: string;
  readonly known_hosts?: string;
  /** ssh: how the other side reaches its socket: virt-ssh-helper (native), netcat, or the first there is (auto). */
  readonly proxy?: string;
  /** ssh: the netcat program of the other side. */
  readonly netcat?: string;
  /** ssh: never ask a question. It never does here, so any value will do. */
  readonly no_tty?: string;
}

/** What each value must look like. Paths are absolute and hold nothing that a shell or ssh's configuration would read. */
const path = /^\/[^\p{Cc}'"\\$%`]*$/u;
const patterns: Record<keyof UriParameters, RegExp> = {
  name: /^[a-z][a-z0-9]*:\/\/\//,
  socket: path,
  mode: /^(auto|direct|legacy)$/,
  pkipath: path,
  no_verify: /^[01]$/,
  keyfile: path,
  command: /^[^\p{Cc}-]\P{Cc}*$/u,
  known_hosts: /^\/[^\p{Cc} '"\\$%`]*$/u,
  proxy: /^(auto|netcat|native)$/,
  netcat: /^[A-Za-z0-9_./-]+$/,
  no_tty: /^[01]$/,
};

/** Parameters that mean something to libvirt's own client and cannot be honoured: refused, since silence would mislead. */
const unsupported = ['auth', 'authfile', 'known_hosts_verify', 'sshauth', 'tls_priority'];

/** Splits a query into what is for us and `rest`, the query for the daemon. */
export function takeParameters(query: URLSearchParams): { parameters: UriParameters; rest: string } {
  const parameters: Record<string, string> = {};
  const rest = new URLSearchParams();
  for (const [name, value] of query) {
    if (unsupported.includes(name)) throw new LibvirtError('URI_UNSUPPORTED', `the parameter "${name}" of a URI`);
    if (!Object.hasOwn(patterns, name)) {
      rest.append(name, value);
      continue;
    }
    if (Object.hasOwn(parameters, name)) throw new LibvirtError('URI_INVALID', `the parameter "${name}" comes twice`);
    if (!patterns[name as keyof UriParameters].test(value))
      throw new LibvirtError('URI_INVALID', `"${value}" will not do for the parameter "${name}"`);
    parameters[name] = value;
  }
  return { parameters, rest: rest.size > 0 ? `?${rest}` : '' };
}
