import type { ArtifactKind } from './policy.ts';

/** Something that may go: a dump, or the heap snapshots of one session. */
export interface RetainedItem {
  readonly kind: ArtifactKind;
  readonly id: string;
  /** The machine's id, or the service's name. */
  readonly machineId: string;
  readonly machineName: string;
  /** Which schedule made it; null for none. */
  readonly scheduleId: string | null;
  readonly createdMs: number;
  readonly sizeBytes: number;
  /** Not known to be damaged. */
  readonly intact: boolean;
  readonly held: boolean;
  readonly open: boolean;
  readonly verifying: boolean;
}

/** Why something stays, or goes. The first four protect it from every rule. */
export const retentionReasons = {
  LAST_GOOD: { goes: false, description: 'The newest intact one of its machine.' },
  HELD: { goes: false, description: 'Somebody holds it.' },
  OPEN: { goes: false, description: 'It is being downloaded or read.' },
  VERIFYING: { goes: false, description: 'It is being verified.' },
  NO_POLICY: { goes: false, description: 'No policy applies to it.' },
  NO_RULES: { goes: false, description: 'Its policy has no rule that removes anything by age or number.' },
  KEEP_LAST: { goes: false, description: 'Among the last ones.' },
  KEEP_HOURLY: { goes: false, description: 'The newest of an hour.' },
  KEEP_DAILY: { goes: false, description: 'The newest of a day.' },
  KEEP_WEEKLY: { goes: false, description: 'The newest of a week.' },
  KEEP_MONTHLY: { goes: false, description: 'The newest of a month.' },
  KEEP_WITHIN: { goes: false, description: 'No older than the policy allows.' },
  DAMAGED: { goes: false, description: 'Damaged, and newer than the oldest intact one that stays.' },
  RULES: { goes: true, description: 'No rule keeps it.' },
  BYTES_PER_MACHINE: {
    goes: true,
    description: 'Its machine has more bytes than the policy allows; the oldest are removed.',
  },
  BYTES: { goes: true, description: 'There are more bytes than the policy allows; the oldest are removed.' },
  PRESSURE: { goes: true, description: 'There is no space for a dump; the oldest are removed.' },
} as const;
export type RetentionReason = keyof typeof retentionReasons;

export interface Verdict {
  readonly item: RetainedItem;
  readonly goes: boolean;
  readonly policyId: string | null;
  /** Why; at least one. */
  readonly reasons: readonly RetentionReason[];
}
