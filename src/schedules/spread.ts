import { createHash } from 'node:crypto';

/** How long after the due time a machine starts: from its id alone, so that it stays the same, and a fleet is spread evenly. */
export function spreadOf(targetId: string, spreadMs: number): number {
  if (spreadMs === 0) return 0;
  return createHash('sha256').update(targetId).digest().readUIntBE(0, 6) % (spreadMs + 1);
}
