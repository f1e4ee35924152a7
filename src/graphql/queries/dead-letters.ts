import { MemoirError } from '../../domain/memoir-error.ts';
import type { DeadLetter } from '../../influx/outbox/outbox.ts';
import { builder, failsAlone } from '../builder.ts';
import { type Connection, connectionType, fromIdCursor, idCursor, once, pageArgs, toPage } from '../connection.ts';
import { DeadLetterType } from '../types/influx-info.ts';

const DeadLetterConnection = connectionType<DeadLetter, Connection<DeadLetter>>(
  'DeadLetter',
  DeadLetterType,
  'dead letters',
);

builder.queryField('deadLetters', (t) =>
  t.field({
    type: DeadLetterConnection,
    ...failsAlone,
    description:
      'Lines that InfluxDB rejected as invalid, oldest first; none where there is no InfluxDB. Pages forwards only.',
    authScopes: { role: 'OPERATOR' },
    skipTypeScopes: true,
    args: { first: pageArgs(t.arg).first, after: pageArgs(t.arg).after },
    resolve: (_, args, { services: { influx } }): Connection<DeadLetter> => {
      const { limit, after } = toPage(args);
      const afterSeq = after === undefined ? 0 : Number(fromIdCursor('dead letters', after));
      if (!Number.isSafeInteger(afterSeq)) throw new MemoirError('BAD_CURSOR', 'the cursor is malformed');
      const load = once(async () => (influx === null ? [] : influx.outbox.deadLetters(limit + 1, afterSeq)));
      return {
        page: async () => {
          const letters = await load();
          const edges = letters
            .slice(0, limit)
            .map((node) => ({ node, cursor: idCursor('dead letters', String(node.seq)) }));
          return { edges, hasNext: letters.length > limit, hasPrevious: after !== undefined };
        },
        totalCount: async () => (influx === null ? 0 : (await influx.outbox.status()).dead),
      };
    },
  }),
);
