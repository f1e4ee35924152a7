import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LibvirtError } from '../error.ts';
import type { Target } from './target.ts';

export interface UnixOptions {
  readonly readOnly: boolean;
  readonly socketDirectory?: string | undefined;
  readonly runtimeDirectory?: string | undefined;
  readonly homeDirectory?: string | undefined;
}

/**
 * Connects to the first socket of `socketPaths` that a daemon listens on. A socket that exists and may not be used ends
 * the search: another daemon behind the next one would be a different hypervisor's.
 */
export async function openUnix(target: Target, options: UnixOptions, signal: AbortSignal): Promise<Socket> {
  const tried: string[] = [];
  for (const path of socketPaths(target, options)) {
    try {
      return await connectTo(path, signal);
    } catch (error) {
      signal.throwIfAborted();
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw refused(path, error as NodeJS.ErrnoException);
      tried.push(`${path} (${code === 'ENOENT' ? 'is not there' : 'nobody listens'})`);
    }
  }
  throw new LibvirtError('DAEMON_NOT_RUNNING', `no libvirt daemon answers: ${tried.join(', ')}`, {
    mend: target.session
      ? 'A session daemon starts on demand of the C client only: run "virsh -c qemu:///session uri" once.'
      : undefined,
  });
}

/**
 * Where the daemon of a target may listen, in the order of libvirt's own rule (remoteGetUNIXSocket in
 * src/remote/remote_sockets.c): the driver's own daemon before the monolithic one. The test driver has no daemon of its
 * own; every daemon has it.
 */
export function socketPaths(target: Target, options: UnixOptions): readonly string[] {
  if (target.parameters.socket !== undefined) return [target.parameters.socket];
  const modular = `virt${target.driver === 'test' ? 'qemu' : target.driver}d-sock`;
  const monolithic = 'libvirt-sock';
  const mode = target.parameters.mode ?? 'auto';
  const names = mode === 'direct' ? [modular] : mode === 'legacy' ? [monolithic] : [modular, monolithic];
  if (target.session) {
    const runtime = options.runtimeDirectory ?? join(options.homeDirectory ?? homedir(), '.cache');
    return names.map((name) => join(runtime, 'libvirt', name));
  }
  const directory = options.socketDirectory ?? '/run/libvirt';
  return names.map((name) => join(directory, options.readOnly ? `${name}-ro` : name));
}

async function connectTo(path: string, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ path });
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function refused(path: string, cause: NodeJS.ErrnoException): LibvirtError {
  if (cause.code === 'EACCES' || cause.code === 'EPERM')
    return new LibvirtError('SOCKET_DENIED', `this user may not connect to ${path}`, { cause });
  return new LibvirtError('HOST_UNREACHABLE', `cannot connect to ${path}: ${cause.message}`, { cause });
}
