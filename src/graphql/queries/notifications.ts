import { MemoirError } from '../../domain/memoir-error.ts';
import type { Delivery } from '../../notifications/notifications.ts';
import { builder, failsAlone } from '../builder.ts';
import { type Connection, connectionType, fromIdCursor, idCursor, once, pageArgs, toPage } from '../connection.ts';
import { AlertType, DeliveryStateEnum, DeliveryType, HookType } from '../types/notification.ts';

builder.queryField('hooks', (t) =>
  t.field({
    type: [HookType],
    ...failsAlone,
    description: 'Receivers of notifications, oldest first.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    resolve: async (_, __, { services }) => [...(await services.notifications.hooks())],
  }),
);

const DeliveryConnection = connectionType<Delivery, Connection<Delivery>>('Delivery', DeliveryType, 'deliveries');

builder.queryField('deliveries', (t) =>
  t.field({
    type: DeliveryConnection,
    ...failsAlone,
    description:
      'Notifications on their way to hooks, newest first; kept for 30 days after their end. Pages forwards only.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    args: {
      first: pageArgs(t.arg).first,
      after: pageArgs(t.arg).after,
      hookId: t.arg.id({ description: 'Only those of this hook.' }),
      states: t.arg({ type: [DeliveryStateEnum], description: 'Only those in one of these states.' }),
    },
    resolve: (_, args, { services: { notifications } }): Connection<Delivery> => {
      const { limit, after } = toPage(args);
      const beforeSeq = after === undefined ? undefined : Number(fromIdCursor('deliveries', after));
      if (beforeSeq !== undefined && !Number.isSafeInteger(beforeSeq))
        throw new MemoirError('BAD_CURSOR', 'the cursor is malformed');
      const { hookId, states } = args;
      const load = once(() =>
        notifications.deliveries({
          limit: limit + 1,
          ...(hookId != null && { hookId }),
          ...(states != null && { states }),
          ...(beforeSeq !== undefined && { beforeSeq }),
        }),
      );
      return {
        page: async () => {
          const deliveries = await load();
          const edges = deliveries
            .slice(0, limit)
            .map((node) => ({ node, cursor: idCursor('deliveries', String(node.seq)) }));
          return { edges, hasNext: deliveries.length > limit, hasPrevious: after !== undefined };
        },
        totalCount: async () => {
          const counts = await notifications.countDeliveries(hookId ?? undefined);
          return (states ?? (['PENDING', 'DELIVERED', 'DEAD'] as const)).reduce((sum, state) => sum + counts[state], 0);
        },
      };
    },
  }),
);

/** Alerts that are answered at a time. */
const maxAlerts = 500;

builder.queryField('alerts', (t) =>
  t.field({
    type: [AlertType],
    ...failsAlone,
    description: `Alerts, newest first; at most ${maxAlerts}.`,
    args: {
      active: t.arg.boolean({ defaultValue: true, description: 'Only active alerts; false includes resolved ones.' }),
    },
    resolve: async (_, { active }, { services }) => [
      ...(await services.notifications.alerts({ activeOnly: active !== false, limit: maxAlerts })),
    ],
  }),
);
