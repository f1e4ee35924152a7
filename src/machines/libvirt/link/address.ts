import { hostname } from 'node:os';
import { MemoirError } from '../../../domain/memoir-error.ts';
import { messageOf } from '../../../domain/thrown.ts';
import { findUri } from '../../../libvirt/find-uri.ts';
import { parseUri } from '../../../libvirt/transports/target.ts';

/**
 * The URI to use where none was configured: the first local daemon whose socket answers, the system's before the user's.
 * Null where there is none. Opens sockets and asks nothing behind them.
 */
export async function findLibvirtUri(options: Parameters<typeof findUri>[0] = {}): Promise<string | null> {
  return (await findUri(options)).uri ?? null;
}

/** A URI as it may be shown: a password never belongs into one, and is taken out if it is there all the same. */
export function withoutSecrets(uri: string): string {
  // Up to the last @ before the path: a password may have one.
  return uri.replace(/^([a-z0-9+]+:\/\/)([^/?#]*)@/i, (_whole, scheme: string, user: string) => {
    const name = user.replace(/:.*/s, '');
    return name === '' ? scheme : `${scheme}${name}@`;
  });
}

/** Whether the hypervisor is on another machine, where neither our sockets nor our FIFOs are. */
export function isRemote(uri: string): boolean {
  return parseUri(uri).transport !== 'unix';
}

/** The host of a URI, until libvirt itself has told its name. */
export function hostOf(uri: string): string {
  try {
    return parseUri(uri).host || hostname();
  } catch {
    return hostname();
  }
}

/** Refuses a configured URI that leads nowhere, before anything dials it. */
export function checkLibvirtUri(uri: string): void {
  try {
    parseUri(uri);
  } catch (cause) {
    const text = messageOf(cause).replaceAll(uri, () => withoutSecrets(uri));
    throw new MemoirError('CONFIG_INVALID', `LIBVIRT_URI: ${text}`, {
      cause,
      hint: 'Use an address such as qemu:///system or qemu+ssh://root@host/system; demo:/// simulates machines.',
    });
  }
}
