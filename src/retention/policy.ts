import { z } from 'zod';

export const artifactKinds = {
  DUMP: { description: 'Memory dumps of machines.' },
  HEAP: { description: 'Heap snapshots of Node.js processes; those of one session are kept or removed together.' },
} as const;
export type ArtifactKind = keyof typeof artifactKinds;

const text = (maximum: number) => z.string().min(1).max(maximum);
const keep = z.number().int().min(1).max(100_000).nullable();
const bytes = z.number().int().min(1).nullable();

const scope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ALL') }),
  z.object({ kind: z.literal('MACHINES'), names: z.array(text(512)).min(1).max(1000) }),
  z.object({ kind: z.literal('SCHEDULE'), scheduleId: text(100) }),
]);
/** Whose artifacts: all, those of machines of these names or ids, or those that a schedule made. */
export type PolicyScope = z.infer<typeof scope>;

export const policySpec = z.object({
  name: text(200),
  scope,
  artifacts: z
    .array(z.enum(['DUMP', 'HEAP']))
    .min(1)
    .max(2),
  /** The newest of so many hours, days, weeks, months that have one, by clocks of `timeZone`. */
  keepLast: keep,
  keepHourly: keep,
  keepDaily: keep,
  keepWeekly: keep,
  keepMonthly: keep,
  /** All that are no older than the newest one by more than this. */
  keepWithinMs: z.number().int().min(1).nullable(),
  timeZone: text(100),
  maxBytesPerMachine: bytes,
  maxBytes: bytes,
  /** Whether the oldest are removed, whatever the rules say, when a dump would be refused for lack of space. */
  freeOnPressure: z.boolean(),
});
/** What is kept. Without any rule everything is, within the limits of bytes, which stand above the rules. */
export type PolicySpec = z.infer<typeof policySpec>;

export interface RetentionPolicy {
  readonly id: string;
  readonly spec: PolicySpec;
  readonly updatedAtMs: number;
}
