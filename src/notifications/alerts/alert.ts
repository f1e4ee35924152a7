import type { EventKind } from '../notification.ts';

export const alertKinds = ['NO_GOOD_DUMP', 'DISK_FILLING', 'INFLUX_BEHIND'] as const satisfies readonly EventKind[];
export type AlertKind = (typeof alertKinds)[number];

/** A condition that somebody should know of, from when it was seen first until it was gone. */
export interface Alert {
  readonly id: string;
  readonly kind: AlertKind;
  /** What it is about: a machine's id, a folder. One alert of a kind and a subject is active at a time. */
  readonly subject: string;
  readonly machine: string | null;
  readonly message: string;
  readonly raisedAtMs: number;
  readonly clearedAtMs: number | null;
}

/** A condition that holds now. */
export type Condition = Pick<Alert, 'kind' | 'subject' | 'machine' | 'message'>;
