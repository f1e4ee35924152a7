/** What is known of the WebSocket, which carries everything that is live. */
export type Connection =
  | { readonly state: 'CONNECTING' }
  | { readonly state: 'LIVE' }
  /** Times are epoch milliseconds; `retryAt` is null while an attempt is under way. */
  | { readonly state: 'LOST'; readonly since: number; readonly attempts: number; readonly retryAt: number | null }
  /** The server does not want this browser: a token is missing, unknown or over. Nothing is tried again by itself. */
  | { readonly state: 'REFUSED'; readonly reason: string };

/** Absences shorter than this are caught up with, and not spoken of, neither meanwhile nor afterwards. */
export const worthSayingMs = 1500;
