import type { Role } from './role.ts';

/** Who asks: what authority is decided by, and what the journal remembers. */
export interface Actor {
  /** The token's name, or `local` where no token is needed. */
  readonly name: string;
  readonly role: Role;
}
