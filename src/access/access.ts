import type { Actor } from './actor.ts';

/** Who a caller is. Cheap enough to be asked for every request and every heartbeat of a long one. */
export interface Access {
  /** `token` as the caller showed it, undefined if none. UNAUTHENTICATED where one is needed and this one is not valid (any more). */
  authenticate(token: string | undefined): Promise<Actor>;
}

/** No tokens are configured: whoever can reach the server is its owner. Only for the loopback. */
export const openAccess: Access = {
  authenticate: async () => ({ name: 'local', role: 'ADMIN' }),
};
