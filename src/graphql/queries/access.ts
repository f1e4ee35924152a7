import type { Actor } from '../../access/actor.ts';
import type { AuditRecord } from '../../access/audit.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { builder, failsAlone } from '../builder.ts';
import { type Connection, connectionType, fromIdCursor, idCursor, once, pageArgs, toPage } from '../connection.ts';
import { RoleEnum } from '../enums.ts';
import { TokenType } from '../types/token.ts';

const SessionType = builder.objectRef<Actor>('Session').implement({
  description: 'The caller, as this server sees it.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The token’s name; `local` where none is needed.' }),
    role: t.expose('role', { type: RoleEnum, description: 'What the caller may do.' }),
    tokenRequired: t.boolean({
      description: 'Whether this server needs a token.',
      resolve: (_, __, { services }) => services.access.required,
    }),
  }),
});

builder.queryField('session', (t) =>
  t.field({
    type: SessionType,
    description: 'Who the caller is, and what is allowed.',
    resolve: (_, __, { actor }) => actor,
  }),
);

builder.queryField('tokens', (t) =>
  t.field({
    type: [TokenType],
    ...failsAlone,
    description: 'All tokens, also those that have ended, oldest first.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    resolve: async (_, __, { services }) => [...(await services.access.tokens())],
  }),
);

const AuditRecordType = builder.objectRef<AuditRecord>('AuditRecord').implement({
  description: 'An action that somebody requested; recorded before it is carried out, even if it then fails.',
  fields: (t) => ({
    seq: t.exposeInt('seq', { description: 'Its number: one more than that of the one before it.' }),
    at: t.expose('atMs', { type: 'DateTime', description: 'When.' }),
    actor: t.exposeString('actor', { description: 'Who: a token’s name, or `local`.' }),
    action: t.exposeString('action', { description: 'What: the name of the mutation, or `download`.' }),
    details: t.string({
      description: 'With what: the arguments as JSON, shortened if they are long.',
      resolve: (record) => JSON.stringify(record.details),
    }),
  }),
});

const AuditRecordConnection = connectionType<AuditRecord, Connection<AuditRecord>>(
  'AuditRecord',
  AuditRecordType,
  'audit records',
);

builder.queryField('auditLog', (t) =>
  t.field({
    type: AuditRecordConnection,
    ...failsAlone,
    description: 'Who did what, newest first. Pages forwards only.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    args: { first: pageArgs(t.arg).first, after: pageArgs(t.arg).after },
    resolve: (_, args, { services: { access } }): Connection<AuditRecord> => {
      const { limit, after } = toPage(args);
      const before = after === undefined ? {} : { before: Number(fromIdCursor('audit', after)) };
      if (Number.isNaN(before.before)) throw new MemoirError('BAD_CURSOR', 'the cursor is malformed');
      const load = once(() => access.auditLog({ limit, ...before }));
      return {
        page: async () => {
          const { records, hasNext } = await load();
          const edges = records.map((node) => ({ node, cursor: idCursor('audit', String(node.seq)) }));
          return { edges, hasNext, hasPrevious: after !== undefined };
        },
        totalCount: async () => (await load()).totalCount,
      };
    },
  }),
);
