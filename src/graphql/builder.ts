import SchemaBuilder from '@pothos/core';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { allows, type Role } from '../access/role.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import { auditPlugin } from './audit-plugin.ts';
import type { RequestContext } from './context.ts';
import { rolePlugin } from './role-plugin.ts';

/**
 * The schema's configuration, and the house's one piece of module state: the files of types/, queries/, mutations/ and
 * subscriptions/ register themselves here when schema.ts imports them.
 */
export const builder = new SchemaBuilder<{
  Context: RequestContext;
  DefaultFieldNullability: false;
  AuthScopes: { role: Role };
  Scalars: {
    ID: { Input: string; Output: string };
    /** Whole bytes. */
    ByteCount: { Input: number; Output: number };
    /** Epoch milliseconds; a fraction carries the microseconds. */
    DateTime: { Input: number; Output: number };
  };
}>({
  // The first is the outermost: authority, then the audit, then the deed.
  plugins: [ScopeAuthPlugin, auditPlugin, rolePlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    // A subscription is refused when it is asked for, not with its first event.
    authorizeOnSubscribe: true,
    authScopes: ({ actor }) => ({
      role: (needs: Role) => {
        if (allows(actor.role, needs)) return true;
        throw new MemoirError('FORBIDDEN', `this needs the role ${needs}; ${actor.name} has ${actor.role}`);
      },
    }),
  },
});

/** The configuration as Pothos's own type parameter, for functions that make types. */
export type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never;

/**
 * A field that is null only together with an error: its failure erases nothing beside it. Printed as `@semanticNonNull`, so
 * that clients which throw on errors can generate it as non-null.
 */
export const failsAlone = { nullable: true, extensions: { semanticNonNull: true } } as const;
