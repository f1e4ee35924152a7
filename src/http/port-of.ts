import type { Server } from 'node:net';
import { MemoirError } from '../domain/memoir-error.ts';

/** The port that a server listens on. */
export function portOf(server: Server): number {
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new MemoirError('INTERNAL', 'the server listens on no port');
}
