import { connectDeadline } from './deadline.ts';
import { asLibvirtError, type LibvirtError } from './error.ts';
import { parseUri } from './transports/target.ts';
import { openUnix, type UnixOptions } from './transports/unix.ts';

export interface FoundUri {
  /** The first that answers; undefined if none does. */
  readonly uri: string | undefined;
  /** Those that were tried before it, each with the reason why it is not the one. */
  readonly tried: readonly { readonly uri: string; readonly reason: LibvirtError }[];
}

const usual = ['qemu:///system', 'qemu:///session'] as const;

/** Looks for a local daemon: the system's QEMU first, then that of this user. Opens sockets, and nothing behind them. */
export async function findUri(
  options: Partial<UnixOptions> & { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<FoundUri> {
  const tried: { uri: string; reason: LibvirtError }[] = [];
  for (const uri of usual) {
    using limit = connectDeadline(`looking for ${uri}`, options.timeoutMs ?? 2_000, options.signal);
    try {
      const socket = await openUnix(parseUri(uri), { readOnly: false, ...options }, limit.signal);
      socket.destroy();
      return { uri, tried };
    } catch (error) {
      options.signal?.throwIfAborted();
      tried.push({ uri, reason: asLibvirtError(error, 'HOST_UNREACHABLE') });
    }
  }
  return { uri: undefined, tried };
}
