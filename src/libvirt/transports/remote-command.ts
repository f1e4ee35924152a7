import { LibvirtError } from '../error.ts';
import type { Target } from './target.ts';

/**
 * The command that ssh runs on the other side to reach its daemon. It is one string that the login shell there takes
 * apart (ssh has no other way), so every word of it is a constant or quoted, and the values were checked against
 * patterns before (target.ts, uri-parameters.ts): two walls, of which each would do.
 */
export function remoteCommand(target: Target, readOnly: boolean): string {
  const { proxy = 'auto', socket, netcat = 'nc' } = target.parameters;
  if (socket !== undefined && proxy === 'native')
    throw new LibvirtError('URI_INVALID', 'virt-ssh-helper chooses its socket by itself: leave out socket= or proxy=');
  const helper = `virt-ssh-helper ${readOnly ? '-r ' : ''}"$1"`;
  if (proxy === 'native') return words('sh', '-c', `exec ${helper}`, 'libvirt', target.daemonUri);
  if (target.session && socket === undefined && proxy === 'netcat')
    throw new LibvirtError('URI_UNSUPPORTED', 'where a session socket is on another host, only virt-ssh-helper knows');
  // With a socket of its own, or on request, netcat it is; otherwise only where the helper is missing (libvirt < 6.8).
  const first =
    proxy === 'netcat' || socket !== undefined
      ? ''
      : `if command -v virt-ssh-helper >/dev/null 2>&1; then exec ${helper}; fi; `;
  return words('sh', '-c', first + netcatScript, 'libvirt', target.daemonUri, netcat, ...sockets(target, readOnly));
}

/**
 * "$1" the URI, "$2" netcat, then the sockets in order of preference. Debian's netcat stays after its input ends unless
 * told `-q 0`, which others do not know: asked for without its argument, only Debian's complains of that.
 */
const netcatScript = [
  'nc="$2"; shift 2',
  'quit=; if "$nc" -q 2>&1 </dev/null | grep "requires an argument" >/dev/null 2>&1; then quit="-q 0"; fi',
  'for socket in "$@"; do if [ -S "$socket" ]; then exec "$nc" $quit -U "$socket"; fi; done',
  'echo "no libvirt socket on this host: $*" >&2; exit 1',
].join('; ');

function sockets(target: Target, readOnly: boolean): readonly string[] {
  if (target.parameters.socket !== undefined) return [target.parameters.socket];
  if (target.session) return [];
  const suffix = readOnly ? '-ro' : '';
  const modular = `/var/run/libvirt/virt${target.driver === 'test' ? 'qemu' : target.driver}d-sock${suffix}`;
  const monolithic = `/var/run/libvirt/libvirt-sock${suffix}`;
  const mode = target.parameters.mode ?? 'auto';
  return mode === 'direct' ? [modular] : mode === 'legacy' ? [monolithic] : [modular, monolithic];
}

/** Words for a POSIX shell (and for csh and fish, as far as these words go): each in single quotes. */
function words(...list: readonly string[]): string {
  return list.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}
