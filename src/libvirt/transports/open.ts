import type { Duplex } from 'node:stream';
import type { KnownOptions } from '../connection-options.ts';
import { openSsh } from './ssh.ts';
import type { Target } from './target.ts';
import { openTls } from './tls.ts';
import { openUnix } from './unix.ts';

/** A byte stream to the daemon of a target. */
export async function openTransport(target: Target, options: KnownOptions, signal: AbortSignal): Promise<Duplex> {
  switch (target.transport) {
    case 'unix':
      return openUnix(target, options, signal);
    case 'tls':
      return openTls(target, options, signal);
    case 'ssh':
      return openSsh(target, options.readOnly, options.ssh);
    default:
      return target.transport satisfies never;
  }
}
