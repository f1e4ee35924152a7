import { namesOf } from '../../domain/table.ts';
import type { Alert } from '../../notifications/alerts/alert.ts';
import { alertKinds } from '../../notifications/alerts/alert.ts';
import type { Hook } from '../../notifications/hook.ts';
import { eventKinds, severities } from '../../notifications/notification.ts';
import { type Delivery, deliveryStates } from '../../notifications/notifications.ts';
import { builder } from '../builder.ts';

/** What an enum's value means, from its title. */
const meanings: Readonly<Record<keyof typeof eventKinds, string>> = {
  OPERATION_QUEUED: 'An operation was accepted.',
  OPERATION_STARTED: 'An operation started.',
  OPERATION_COMPLETED: 'An operation completed.',
  OPERATION_FAILED: 'An operation failed.',
  OPERATION_CANCELLED: 'An operation was cancelled.',
  VERIFICATION_FAILED: 'A verification found that an artifact is damaged.',
  NO_GOOD_DUMP: 'A machine has had no good dump for too long.',
  DISK_FILLING: 'The dump folder’s disk will soon be full.',
  SCHEDULE_MISSED: 'Due times of a schedule passed while the server did not run, or the clock was set.',
  SCHEDULE_SKIPPED: 'A scheduled run was skipped: it waited for the previous one until a later one replaced it.',
  SCHEDULE_REFUSED: 'A scheduled run could not start.',
  SCHEDULE_FAILED: 'A scheduled run failed.',
  SCHEDULE_NO_MACHINES: 'No machine matched when a schedule was due.',
  RETENTION_REMOVED: 'Retention removed artifacts.',
  RETENTION_FAILED: 'Retention could not remove all that its policies say, or may remove nothing now.',
  INFLUX_BEHIND: 'Records have waited for InfluxDB for an hour, or it refused some.',
  TEST: 'A test that somebody asked for.',
};

const valuesOf = <Name extends string>(names: readonly Name[], describe: (name: Name) => string) =>
  Object.fromEntries(names.map((name) => [name, { value: name, description: describe(name) }])) as {
    [N in Name]: { value: N; description: string };
  };

export const NotificationKindEnum = builder.enumType('NotificationKind', {
  description: 'What can be notified of.',
  values: valuesOf(namesOf(eventKinds), (name) => meanings[name]),
});

export const NotificationSeverityEnum = builder.enumType('NotificationSeverity', {
  description: 'How serious a notification is.',
  values: valuesOf(
    severities,
    (name) => ({ INFO: 'For information.', WARNING: 'Needs attention.', ERROR: 'Something failed.' })[name],
  ),
});

export const HookTypeEnum = builder.enumType('HookType', {
  description: 'How a hook delivers.',
  values: {
    WEBHOOK: { value: 'WEBHOOK', description: 'By a signed HTTP request (Standard Webhooks) with a CloudEvent.' },
    MAIL: { value: 'MAIL', description: 'By mail; a digest per hour where there are many.' },
  },
});

export const DeliveryStateEnum = builder.enumType('DeliveryState', {
  description: 'State of a delivery.',
  values: valuesOf(
    deliveryStates,
    (name) =>
      ({
        PENDING: 'Waiting to be sent, or to be sent again.',
        DELIVERED: 'The receiver took it.',
        DEAD: 'Given up after the last attempt of the schedule.',
      })[name],
  ),
});

const AlertKindEnum = builder.enumType('AlertKind', {
  description: 'What an alert is about.',
  values: valuesOf(alertKinds, (name) => meanings[name]),
});

export const HookType = builder.objectRef<Hook>('Hook').implement({
  description: 'A receiver of notifications, and what it is notified of.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Identity.' }),
    name: t.string({ description: 'Its name, unique.', resolve: ({ definition }) => definition.name }),
    type: t.field({
      type: HookTypeEnum,
      description: 'How it delivers.',
      resolve: ({ definition }) => definition.target.type,
    }),
    url: t.string({
      nullable: true,
      description: 'Where a webhook goes; null for mail.',
      resolve: ({ definition: { target } }) => (target.type === 'WEBHOOK' ? target.url : null),
    }),
    to: t.stringList({
      description: 'Addresses that mail goes to; empty for a webhook.',
      resolve: ({ definition: { target } }) => (target.type === 'MAIL' ? target.to : []),
    }),
    kinds: t.field({
      type: [NotificationKindEnum],
      description: 'What it is notified of; empty for everything.',
      resolve: ({ definition }) => definition.kinds,
    }),
    machinePattern: t.string({
      nullable: true,
      description: 'Names of machines, with * and ?; null for all machines and for what is about none.',
      resolve: ({ definition }) => definition.machinePattern,
    }),
    minSeverity: t.field({
      type: NotificationSeverityEnum,
      description: 'Lowest severity that it is notified of.',
      resolve: ({ definition }) => definition.minSeverity,
    }),
    enabled: t.exposeBoolean('enabled', { description: 'Whether anything is delivered.' }),
    disabledReason: t.exposeString('disabledReason', {
      nullable: true,
      description: 'Why Memoir switched it off; null where it did not.',
    }),
    createdAt: t.expose('createdAtMs', { type: 'DateTime', description: 'When it was created.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who created it.' }),
    pending: t.int({
      description: 'Deliveries that are waiting.',
      resolve: async ({ id }, _, { services }) => (await services.notifications.countDeliveries(id)).PENDING,
    }),
    dead: t.int({
      description: 'Deliveries that were given up.',
      resolve: async ({ id }, _, { services }) => (await services.notifications.countDeliveries(id)).DEAD,
    }),
  }),
});

export const DeliveryType = builder.objectRef<Delivery>('Delivery').implement({
  description: 'A notification on its way to a hook.',
  fields: (t) => ({
    id: t.id({ description: 'Identity.', resolve: ({ seq }) => String(seq) }),
    hookId: t.exposeID('hookId', { description: 'The hook.' }),
    notificationId: t.exposeString('notificationId', {
      description: 'What the receiver gets as `webhook-id`: the same for every attempt.',
    }),
    type: t.exposeString('type', { description: 'The CloudEvents type.' }),
    message: t.exposeString('message', { description: 'What happened, in one sentence.' }),
    state: t.expose('state', { type: DeliveryStateEnum, description: 'State of the delivery.' }),
    attempts: t.exposeInt('attempts', { description: 'How often it was tried.' }),
    nextAttemptAt: t.expose('nextAttemptAtMs', {
      type: 'DateTime',
      nullable: true,
      description: 'When it is tried next; null when it is not.',
    }),
    lastStatus: t.exposeInt('lastStatus', { nullable: true, description: 'The receiver’s last HTTP status.' }),
    lastError: t.exposeString('lastError', { nullable: true, description: 'Why the last attempt failed.' }),
    createdAt: t.expose('createdAtMs', { type: 'DateTime', description: 'When it was created.' }),
    endedAt: t.expose('endedAtMs', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was delivered or given up.',
    }),
  }),
});

export const AlertType = builder.objectRef<Alert>('Alert').implement({
  description: 'A condition that needs attention.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Identity.' }),
    kind: t.expose('kind', { type: AlertKindEnum, description: 'What it is about.' }),
    machine: t.exposeString('machine', { nullable: true, description: 'The machine; null where it is about none.' }),
    message: t.exposeString('message', { description: 'What is wrong, in one sentence.' }),
    raisedAt: t.expose('raisedAtMs', { type: 'DateTime', description: 'When it was seen first.' }),
    clearedAt: t.expose('clearedAtMs', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was gone; null while it is there.',
    }),
  }),
});
