import type { Token } from '../../access/token.ts';
import { builder } from '../builder.ts';
import { RoleEnum } from '../enums.ts';

export const TokenType = builder.objectRef<Token>('Token').implement({
  description: 'Somebody’s right to use this server. The secret itself is not stored.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Identity.' }),
    name: t.exposeString('name', { description: 'Name of the token, as shown in the audit log; never reused.' }),
    role: t.expose('role', { type: RoleEnum, description: 'Role of the token.' }),
    createdAt: t.expose('createdAtMs', { type: 'DateTime', description: 'When it was made.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who made it.' }),
    expiresAt: t.expose('expiresAtMs', {
      type: 'DateTime',
      nullable: true,
      description: 'When it expires; null if it does not.',
    }),
    lastUsedAt: t.expose('lastUsedAtMs', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute; null if never.',
    }),
    revokedAt: t.expose('revokedAtMs', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null if it was not.',
    }),
  }),
});
