import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { Role } from '../access/role.ts';
import { isNameOf } from '../domain/table.ts';

/** The name under which the builder knows it. */
export const rolePlugin = 'memoirRole';

/** What each root needs, where its field does not ask for more. */
export const rootRoles = { Query: 'VIEWER', Mutation: 'OPERATOR', Subscription: 'VIEWER' } as const satisfies Record<
  string,
  Role
>;

declare global {
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      memoirRole: RolePlugin<Types>;
    }
  }
}

/** Says in the description of every field which role it needs, as the rule has it: what is written cannot differ from what is checked. */
class RolePlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const { authScopes } = field.pothosOptions as { authScopes?: { role?: Role } };
    const role = authScopes?.role ?? (isNameOf(rootRoles, field.kind) ? rootRoles[field.kind] : null);
    if (role === null) return field;
    return { ...field, description: `${field.description} Needs the role ${role}.` };
  }
}

SchemaBuilder.registerPlugin(rolePlugin, RolePlugin);
