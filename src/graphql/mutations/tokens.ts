import type { Access } from '../../access/access.ts';
import { builder } from '../builder.ts';
import { RoleEnum } from '../enums.ts';
import { TokenType } from '../types/token.ts';

const CreateTokenInput = builder.inputType('CreateTokenInput', {
  description: 'What a new token is like.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'What the journal will call whoever uses it: 1 to 64 letters, digits, spaces or ._@:-',
    }),
    role: t.field({ type: RoleEnum, required: true, description: 'What its bearer may do.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it ends by itself; never if absent.' }),
  }),
});

type CreatedToken = Awaited<ReturnType<Access['createToken']>>;

const CreateTokenPayload = builder.objectRef<CreatedToken>('CreateTokenPayload').implement({
  description: 'A new token, and its secret.',
  fields: (t) => ({
    token: t.field({ type: TokenType, description: 'The token.', resolve: (created) => created.token }),
    secret: t.exposeString('secret', {
      description: 'What its bearer sends as `Authorization: Bearer …`. Shown this once and kept nowhere.',
    }),
  }),
});

builder.mutationField('createToken', (t) =>
  t.field({
    type: CreateTokenPayload,
    description:
      'Makes a token. From the first one on, nobody gets in without a token, so the first must be an ADMIN’s. Needs the role ADMIN.',
    authScopes: { role: 'ADMIN' },
    args: { input: t.arg({ type: CreateTokenInput, required: true, description: 'What it is like.' }) },
    resolve: (_, { input: { name, role, expiresAt } }, { services, actor }) =>
      services.access.createToken({ name, role, expiresAtMs: expiresAt ?? null }, actor.name),
  }),
);

builder.mutationField('revokeToken', (t) =>
  t.field({
    type: TokenType,
    description: 'Ends a token at once: its open connections are closed within a heartbeat. Needs the role ADMIN.',
    authScopes: { role: 'ADMIN' },
    args: { id: t.arg.id({ required: true, description: 'The token’s id.' }) },
    resolve: (_, { id }, { services, actor }) => services.access.revokeToken(id, actor.name),
  }),
);
