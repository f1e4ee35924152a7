import { namesOf } from '../domain/table.ts';

/** What a caller may do, as data. Each role may do everything that a lower one may. */
export const roles = {
  VIEWER: { rank: 1, label: 'Viewer', description: 'Sees machines, dumps, records and events.' },
  OPERATOR: { rank: 2, label: 'Operator', description: 'Triggers, cancels and verifies dumps as well.' },
  ADMIN: {
    rank: 3,
    label: 'Admin',
    description: 'Downloads memory, deletes dumps and manages tokens as well.',
  },
} as const satisfies Record<string, { rank: number; label: string; description: string }>;

export type Role = keyof typeof roles;

export const allRoles = namesOf(roles);

/** Whether someone with the role `has` may do what `needs` asks for. */
export function allows(has: Role, needs: Role): boolean {
  return roles[has].rank >= roles[needs].rank;
}
