import type { Role } from '../api/generated/graphql.ts';
import { usePage } from './page.ts';
import { useStore } from './store.ts';

const ranks: Record<Role, number> = { VIEWER: 1, OPERATOR: 2, ADMIN: 3 };

/** What each action needs: the server decides, the page only does not offer what it would refuse. */
const needs = {
  trigger: 'OPERATOR',
  cancel: 'OPERATOR',
  verify: 'OPERATOR',
  retry: 'OPERATOR',
  hold: 'OPERATOR',
  volume: 'OPERATOR',
  export: 'ADMIN',
  download: 'ADMIN',
  delete: 'ADMIN',
  reindex: 'ADMIN',
  tokens: 'ADMIN',
} as const;
export type Guarded = keyof typeof needs;

/** Null if the action is allowed (or nobody knows yet), else a sentence that says what it needs. */
export function refusal(action: Guarded, has: Role | null): string | null {
  const needed = needs[action];
  if (has === null || ranks[has] >= ranks[needed]) return null;
  return `Requires the ${needed.toLowerCase()} role; you are signed in as ${has.toLowerCase()}.`;
}

/** Why an action is off now: the role, or the connection. Null when it is on. */
export function useGuard(): (action: Guarded) => string | null {
  const page = usePage();
  const role = useStore(page.role);
  const live = useStore(page.connection).state === 'LIVE';
  return (action) => refusal(action, role) ?? (live ? null : 'Not connected.');
}
