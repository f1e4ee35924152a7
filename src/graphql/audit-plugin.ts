import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import type { Json } from '../domain/json.ts';
import type { RequestContext } from './context.ts';

/** The name under which the builder knows it. */
export const auditPlugin = 'memoirAudit';

/** Longest details that are kept: enough for a thousand names, not for filling the disk. */
const maxLength = 20_000;

declare global {
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      memoirAudit: AuditPlugin<Types>;
    }
  }
}

/**
 * Every mutation is written down with its actor before it runs, and does not run if that fails. Done here for all of them,
 * so that none can forget it. It stands behind authority in the builder's list: what nobody may do is not written.
 */
class AuditPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (field.kind !== 'Mutation') return resolve;
    return async (parent, args, context, info) => {
      const { services, actor } = context as unknown as RequestContext;
      await services.access.audit({ actor: actor.name, action: field.name, details: shorten(args as Json) });
      return resolve(parent, args, context, info);
    };
  }
}

function shorten(details: Json): Json {
  const text = JSON.stringify(details);
  return text.length <= maxLength ? JSON.parse(text) : { shortened: text.slice(0, maxLength) };
}

SchemaBuilder.registerPlugin(auditPlugin, AuditPlugin);
