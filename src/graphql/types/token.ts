import type { Token } from '../../access/token.ts';
import { builder } from '../builder.ts';
import { RoleEnum } from '../enums.ts';

export const TokenType = builder.objectRef<Token>('Token').implement({
  description: 'Somebody’s right to use this server. The secret itself is kept nowhere.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Identity.' }),
    name: t.exposeString('name', { description: 'What the journal calls whoever uses it; never given twice.' }),
    role: t.expose('role', { type: RoleEnum, description: 'What its bearer may do.' }),
    createdAt: t.expose('createdAtMs', { type: 'DateTime', description: 'When it was made.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who made it.' }),
    expiresAt: t.expose('expiresAtMs', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends by itself; null if it does not.',
    }),
    lastUsedAt: t.expose('lastUsedAtMs', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was used last, exact to a minute; null if never.',
    }),
    revokedAt: t.expose('revokedAtMs', {
      type: 'DateTime',
      nullable: true,
      description: 'When somebody ended it; null if nobody did.',
    }),
  }),
});
