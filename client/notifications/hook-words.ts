import type { DeliveryFieldsFragment, HookFieldsFragment, NotificationKind } from '../api/generated/graphql.ts';

/** What can be notified of, as people call it; tests are asked for by a button. */
export const kindLabels: Readonly<Record<Exclude<NotificationKind, 'TEST'>, string>> = {
  OPERATION_FAILED: 'Operation failed',
  OPERATION_COMPLETED: 'Operation completed',
  OPERATION_CANCELLED: 'Operation cancelled',
  OPERATION_STARTED: 'Operation started',
  OPERATION_QUEUED: 'Operation queued',
  VERIFICATION_FAILED: 'Verification failed',
  NO_GOOD_DUMP: 'No recent dump',
  DISK_FILLING: 'Disk is filling up',
  SCHEDULE_MISSED: 'Scheduled runs missed',
  SCHEDULE_SKIPPED: 'Scheduled run skipped',
  SCHEDULE_REFUSED: 'Scheduled run refused',
  SCHEDULE_FAILED: 'Scheduled run failed',
  SCHEDULE_NO_MACHINES: 'Schedule matched no machine',
  RETENTION_REMOVED: 'Retention removed artifacts',
  RETENTION_FAILED: 'Retention failed',
  INFLUX_BEHIND: 'InfluxDB is behind',
};

export const severityLabels = {
  INFO: 'Everything',
  WARNING: 'Warnings and errors',
  ERROR: 'Errors',
} as const;

/** Which notifications a hook gets, in a few words. */
export function scopeOf({
  kinds,
  machinePattern,
  minSeverity,
}: Pick<HookFieldsFragment, 'kinds' | 'machinePattern' | 'minSeverity'>): string {
  const what =
    kinds.length === 0
      ? severityLabels[minSeverity]
      : kinds.map((kind) => (kind === 'TEST' ? 'Test' : kindLabels[kind])).join(', ');
  const least = kinds.length > 0 && minSeverity !== 'INFO' ? ` (${severityLabels[minSeverity].toLowerCase()})` : '';
  return `${what}${least}${machinePattern == null ? '' : `, machines ${machinePattern}`}`;
}

/** How a delivery went, in a few words. */
export function outcomeOf({ state, lastStatus, lastError, attempts }: DeliveryFieldsFragment): string {
  if (state === 'DELIVERED') return lastStatus == null ? 'Delivered' : `Delivered (HTTP ${lastStatus})`;
  const reason = lastError == null ? '' : `: ${lastError}`;
  if (state === 'DEAD') return `Given up after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${reason}`;
  return attempts === 0 ? 'Waiting' : `Failed ${attempts === 1 ? 'once' : `${attempts} times`}${reason}`;
}
