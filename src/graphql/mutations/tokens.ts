import type { Access } from '../../access/access.ts';
import type { Token } from '../../access/token.ts';
import { builder, failsAlone } from '../builder.ts';
import { RoleEnum } from '../enums.ts';
import { attempt, payloadType } from '../payload.ts';
import { TokenType } from '../types/token.ts';

const CreateTokenInput = builder.inputType('CreateTokenInput', {
  description: 'Settings of a new token.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'Its name in audit log and operations: 1 to 64 letters, digits, spaces or ._@:-',
    }),
    role: t.field({ type: RoleEnum, required: true, description: 'Role of the token.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it expires; never if absent.' }),
  }),
});

type CreatedToken = Awaited<ReturnType<Access['createToken']>>;

const CreateTokenPayload = payloadType<CreatedToken>('CreateTokenPayload', 'A new token, and its secret.', (t) => ({
  token: t.expose('token', { type: TokenType, nullable: true, description: 'The token.' }),
  secret: t.exposeString('secret', {
    nullable: true,
    description: 'What its bearer sends as `Authorization: Bearer …`. Shown only once and not stored.',
  }),
}));

builder.mutationField('createToken', (t) =>
  t.field({
    type: CreateTokenPayload,
    ...failsAlone,
    description:
      'Makes a token. From the first one on, nobody gets in without a token, so the first must be an ADMIN’s.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    args: { input: t.arg({ type: CreateTokenInput, required: true, description: 'Settings of the token.' }) },
    resolve: attempt(({ input }: { input: typeof CreateTokenInput.$inferInput }, { services, actor }) => {
      const { name, role, expiresAt } = input;
      return services.access.createToken({ name, role, expiresAtMs: expiresAt ?? null }, actor.name);
    }),
  }),
);

const RevokeTokenPayload = payloadType<{ readonly token: Token }>(
  'RevokeTokenPayload',
  'Result of the revocation.',
  (t) => ({ token: t.expose('token', { type: TokenType, nullable: true, description: 'The token.' }) }),
);

builder.mutationField('revokeToken', (t) =>
  t.field({
    type: RevokeTokenPayload,
    ...failsAlone,
    description: 'Ends a token at once: its open connections are closed within a heartbeat.',
    authScopes: { role: 'ADMIN' },
    skipTypeScopes: true,
    args: { id: t.arg.id({ required: true, description: 'The token’s id.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services, actor }) => ({
      token: await services.access.revokeToken(id, actor.name),
    })),
  }),
);
