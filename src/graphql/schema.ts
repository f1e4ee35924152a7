import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';
import { rootRoles } from './role-plugin.ts';
import './scalars.ts';
import './queries/vms.ts';
import './queries/dumps.ts';
import './queries/dump-records.ts';
import './queries/operations.ts';
import './queries/events.ts';
import './queries/nodes.ts';
import './queries/service.ts';
import './queries/access.ts';
import './queries/dead-letters.ts';
import './queries/volumes.ts';
import './queries/heaps.ts';
import './queries/notifications.ts';
import './queries/schedules.ts';
import './queries/retention.ts';
import './queries/findings.ts';
import './types/dump-history.ts';
import './mutations/trigger-dumps.ts';
import './mutations/dumps.ts';
import './mutations/tokens.ts';
import './mutations/create-download.ts';
import './mutations/influx.ts';
import './mutations/volumes.ts';
import './mutations/heaps.ts';
import './mutations/notifications.ts';
import './mutations/schedules.ts';
import './mutations/retention.ts';
import './subscriptions/progress.ts';
import './subscriptions/operation-events.ts';
import './subscriptions/changes.ts';
import './subscriptions/vm-stats.ts';

builder.queryType({
  description: 'What can be asked.',
  authScopes: { role: rootRoles.Query },
});
builder.mutationType({
  description: 'What can be done.',
  authScopes: { role: rootRoles.Mutation },
});
builder.subscriptionType({
  description: 'What can be followed live, over graphql-ws and over SSE.',
  authScopes: { role: rootRoles.Subscription },
});

/** The one schema, of which schema.graphql is the printed form. */
export const schema: GraphQLSchema = builder.toSchema({ sortSchema: false });
