import { createStore } from '../lib/store.ts';

export type Role = 'VIEWER' | 'OPERATOR' | 'ADMIN';

const ranks: Record<Role, number> = { VIEWER: 1, OPERATOR: 2, ADMIN: 3 };

/** What each deed needs (DESIGN §10): the server decides, the page only does not offer what it would refuse. */
const needs = {
  trigger: 'OPERATOR',
  cancel: 'OPERATOR',
  verify: 'OPERATOR',
  download: 'ADMIN',
  delete: 'ADMIN',
} as const;
export type Deed = keyof typeof needs;

/** The role of this browser as far as it is known: what it turned out not to be allowed lowers it. */
export const role = createStore<Role>('ADMIN');

/** Null if the deed is allowed, else a sentence that says what it needs. */
export function refusal(deed: Deed, has: Role): string | null {
  const needed = needs[deed];
  return ranks[has] >= ranks[needed]
    ? null
    : `Needs the role ${needed.toLowerCase()}; this token is a ${has.toLowerCase()}’s.`;
}

/** The server said FORBIDDEN to this deed. */
export function wasRefused(deed: Deed): void {
  const lower: Role = needs[deed] === 'ADMIN' ? 'OPERATOR' : 'VIEWER';
  if (ranks[role.get()] > ranks[lower]) role.set(lower);
}
