import type { Closable } from '../domain/closable.ts';
import type { Actor } from './actor.ts';
import type { AuditEntry, AuditPage } from './audit.ts';
import type { Role } from './role.ts';
import type { Tickets } from './tickets.ts';
import type { Token } from './token.ts';

export interface TokenRequest {
  /** 1 to 64 letters, digits, spaces and `._@:-`. */
  readonly name: string;
  readonly role: Role;
  readonly expiresAtMs: number | null;
}

/**
 * Who may do what, and who did. As long as there was never a token, everybody who reaches the server is its owner: it then
 * listens to this machine alone. From the first token on, nobody gets in without one.
 */
export interface Access extends Closable {
  /** Whether a token is needed. Once true, true for ever: revoking the last token does not open the door. */
  readonly required: boolean;
  /**
   * Who a caller is, by the secret that was shown, if any. Cheap: asked for every request, and again with every heartbeat of
   * a long one. UNAUTHENTICATED where a token is needed and this one does not let anybody in (any more).
   */
  authenticate(secret: string | undefined): Promise<Actor>;
  /** Links for browsers. */
  readonly tickets: Tickets;
  /** Durable when it resolves: called before the deed, which must not be done if this rejects. */
  audit(entry: AuditEntry): Promise<void>;
  /** Newest first, older than `before`; limit 1 to 1000. */
  auditLog(query: { readonly limit: number; readonly before?: number }): Promise<AuditPage>;
  /** The secret is shown this once. BAD_INPUT for a name that was given before, or a first token that is not an ADMIN's. */
  createToken(request: TokenRequest, actor: string): Promise<{ readonly token: Token; readonly secret: string }>;
  /** Nobody gets in with it from now on. NOT_FOUND; ALREADY_FINISHED if it was revoked before. */
  revokeToken(id: string, actor: string): Promise<Token>;
  /** In the order in which they were made. */
  tokens(): Promise<readonly Token[]>;
}
