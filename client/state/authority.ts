import type { Role } from '../api/generated/graphql.ts';
import { freshness } from './freshness.ts';
import { createStore } from './store.ts';

const ranks: Record<Role, number> = { VIEWER: 1, OPERATOR: 2, ADMIN: 3 };

/** What each deed needs (DESIGN §10): the server decides, the page only does not offer what it would refuse. */
const needs = {
  trigger: 'OPERATOR',
  cancel: 'OPERATOR',
  verify: 'OPERATOR',
  retry: 'OPERATOR',
  download: 'ADMIN',
  delete: 'ADMIN',
  tokens: 'ADMIN',
} as const;
export type Deed = keyof typeof needs;

/** The role of this browser, as the server says; null until it has. */
export const role = createStore<Role | null>(null);

/** Null if the deed is allowed (or nobody knows yet), else a sentence that says what it needs. */
export function refusal(deed: Deed, has: Role | null): string | null {
  const needed = needs[deed];
  if (has === null || ranks[has] >= ranks[needed]) return null;
  return `Needs the role ${needed.toLowerCase()}; you are ${has.toLowerCase()}.`;
}

/** The server said FORBIDDEN although the page thought otherwise: it asks again who it is. */
export function wasRefused(): void {
  freshness.mark(['access']);
}
