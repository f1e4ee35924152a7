import type { Connection } from './connection.ts';
import type { LibvirtError } from './error.ts';

/** Where a ReconnectingConnection stands. */
export type LinkState =
  /** A connection is being opened; `attempt` counts from 1 since it was up last. */
  | { readonly kind: 'connecting'; readonly attempt: number }
  /** Open, and every subscription is registered on it: what happened before this moment must be asked for. */
  | {
      readonly kind: 'up';
      readonly connection: Connection;
      /** It took over from one that was up until now, with all its subscriptions: nothing was missed. */
      readonly tookOver: boolean;
    }
  /** There is none: why, what a person can do about it, and when the next attempt is due. */
  | {
      readonly kind: 'down';
      readonly reason: LibvirtError;
      readonly mend: string | undefined;
      readonly attempt: number;
      readonly retryInMs: number;
    }
  /** `close()` was called: nothing comes after this. */
  | { readonly kind: 'closed' };
