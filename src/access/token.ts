import { createHash, randomBytes } from 'node:crypto';
import type { Role } from './role.ts';

/** A token as it is kept: never the secret itself, which only its bearer has. */
export interface Token {
  readonly id: string;
  /** Stands in the journal for whoever uses it; never given twice. */
  readonly name: string;
  readonly role: Role;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
  readonly createdBy: string;
  /** Null: until it is revoked. */
  readonly expiresAtMs: number | null;
  /** Exact to a minute; null: never. */
  readonly lastUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
}

/** 256 random bits behind a prefix that scanners of leaked secrets can look for. */
export function createSecret(): string {
  return `memoir_${randomBytes(32).toString('base64url')}`;
}

/**
 * SHA-256, in hex. A slow hash would protect secrets that people choose; these are random, and every request pays for it.
 * Looking a digest up tells an attacker nothing by its timing: nobody can choose what a secret's digest begins with.
 */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Why a token is revoked; null while it does. */
export function endOf(token: Token, nowMs: number): 'revoked' | 'expired' | null {
  if (token.revokedAtMs !== null) return 'revoked';
  return token.expiresAtMs !== null && token.expiresAtMs <= nowMs ? 'expired' : null;
}
