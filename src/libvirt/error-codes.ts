/**
 * The codes of our own, each with the sentence that says what helps (undefined where only the text can know).
 * libvirt's codes are in server-error-codes.ts.
 */
export const ownCodes = {
  // Before a connection
  URI_INVALID: 'Correct the URI: for example qemu:///system, qemu+ssh://user@host/system or qemu+tls://host/system.',
  URI_UNSUPPORTED: 'Use a local socket (qemu:///system), ssh (qemu+ssh://host/system) or TLS (qemu+tls://host/system).',
  DAEMON_NOT_RUNNING: 'Start the daemon: systemctl start virtqemud.socket, or libvirtd.socket where it is monolithic.',
  SOCKET_DENIED: 'Give this user the right to the socket, as a rule by adding it to the group "libvirt".',
  HOST_UNREACHABLE: 'Check the name and the port of the host, and that its daemon listens there.',
  CERTIFICATE_MISSING: 'Put the CA certificate, the client certificate and its key where the message says.',
  CERTIFICATE_INVALID: "Check the server's certificate: its CA, its dates and that it names the host of the URI.",
  CERTIFICATE_REJECTED: "Use a client certificate that the server's CA signed and that its tls_allowed_dn_list names.",
  SSH_FAILED: 'Check that "ssh HOST virt-ssh-helper qemu:///system" works without a question being asked.',
  AUTH_UNSUPPORTED: 'The server wants SASL: use a local socket, ssh, or TLS with certificates.',

  // While it lives
  CONNECTION_LOST: 'Connect again; what was asked may have been done.',
  PROTOCOL:
    'Connect again. If it comes back, what answers is not a libvirt daemon, or something between changes bytes.',
  DAEMON_SILENT: 'The daemon accepts connections and does not respond: see whether it is stopped or overloaded.',
  TIMEOUT: 'Ask again, or allow more time; what was asked may still be done.',
  ABORTED: undefined,
  CLOSED: 'The connection was closed by this program: open another.',
  NOT_CONNECTED: 'Wait until the connection is up again.',
  NOT_SENT: 'Nothing was done: call again on another connection.',
  BUSY: 'Too many calls wait for this daemon: ask for less at once.',

  // In what was asked or answered
  INVALID_VALUE: undefined,
  MONITOR_ERROR: undefined,
  REFUSED: undefined,
} as const satisfies Record<string, string | undefined>;

export type OwnCode = keyof typeof ownCodes;
