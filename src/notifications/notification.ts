import type { Json } from '../domain/json.ts';
import { namesOf } from '../domain/table.ts';

/** How much somebody should care, mildest first. */
export const severities = ['INFO', 'WARNING', 'ERROR'] as const;
export type Severity = (typeof severities)[number];

interface EventKindRow {
  /** The CloudEvents type: what receivers switch on, so it is never renamed. */
  readonly type: string;
  readonly severity: Severity;
  /** What happened, in the words of a mail's subject. */
  readonly title: string;
}

/** Everything that can be notified of. */
export const eventKinds = {
  OPERATION_QUEUED: { type: 'io.memoir.operation.queued', severity: 'INFO', title: 'queued' },
  OPERATION_STARTED: { type: 'io.memoir.operation.started', severity: 'INFO', title: 'started' },
  OPERATION_COMPLETED: { type: 'io.memoir.operation.completed', severity: 'INFO', title: 'completed' },
  OPERATION_FAILED: { type: 'io.memoir.operation.failed', severity: 'ERROR', title: 'failed' },
  OPERATION_CANCELLED: { type: 'io.memoir.operation.cancelled', severity: 'WARNING', title: 'cancelled' },
  VERIFICATION_FAILED: { type: 'io.memoir.verification.failed', severity: 'ERROR', title: 'Verification failed' },
  NO_GOOD_DUMP: { type: 'io.memoir.alert.no-good-dump', severity: 'WARNING', title: 'No recent dump' },
  DISK_FILLING: { type: 'io.memoir.alert.disk-filling', severity: 'WARNING', title: 'Disk is filling up' },
  SCHEDULE_MISSED: { type: 'io.memoir.schedule.missed', severity: 'WARNING', title: 'Scheduled runs were missed' },
  SCHEDULE_SKIPPED: { type: 'io.memoir.schedule.skipped', severity: 'WARNING', title: 'Scheduled run skipped' },
  SCHEDULE_REFUSED: { type: 'io.memoir.schedule.refused', severity: 'ERROR', title: 'Scheduled run refused' },
  SCHEDULE_FAILED: { type: 'io.memoir.schedule.failed', severity: 'ERROR', title: 'Scheduled run failed' },
  SCHEDULE_NO_MACHINES: {
    type: 'io.memoir.schedule.no-machines',
    severity: 'WARNING',
    title: 'Schedule matched no machine',
  },
  RETENTION_REMOVED: { type: 'io.memoir.retention.removed', severity: 'INFO', title: 'Retention removed artifacts' },
  RETENTION_FAILED: { type: 'io.memoir.retention.failed', severity: 'WARNING', title: 'Retention failed' },
  INFLUX_BEHIND: { type: 'io.memoir.alert.influx-behind', severity: 'WARNING', title: 'InfluxDB is behind' },
  TEST: { type: 'io.memoir.test', severity: 'INFO', title: 'Test' },
} as const satisfies Record<string, EventKindRow>;

export type EventKind = keyof typeof eventKinds;

export const eventKindNames = namesOf(eventKinds);

/** Something that happened and that somebody may want to hear of. It holds ids, states and names, and no data of a guest. */
export interface Notification {
  /** Unique over all servers, and the same for every attempt and every hook: `<node id>_<event number>`, with the list's name before the number where it is another than the event log. */
  readonly id: string;
  readonly kind: EventKind;
  /** What is delivered in order: the operation's id, or the alert's. */
  readonly orderKey: string;
  /** The name of the machine that it is about; null where it is about none. */
  readonly machine: string | null;
  /** CloudEvents' subject: `operations/<id>`. */
  readonly subject: string;
  /** One sentence for a person. */
  readonly message: string;
  readonly atMs: number;
  readonly data: { readonly [name: string]: Json };
}

export const severityOf = (kind: EventKind): Severity => eventKinds[kind].severity;
