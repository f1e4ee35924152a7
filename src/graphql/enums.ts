import { roles } from '../access/role.ts';
import { findingStates } from '../doctor/finding.ts';
import { type ErrorCode, errorCatalogue } from '../domain/error-catalogue.ts';
import { operationStates } from '../domain/operation-state.ts';
import { compressions, imageFormats } from '../dumps/dump-request.ts';
import type { OutboxStatus } from '../influx/outbox/outbox.ts';
import { captureMethods } from '../machines/capture.ts';
import type { HypervisorStatus } from '../machines/hypervisor.ts';
import { machineStates } from '../machines/machine.ts';
import type { OperationEventType } from '../operations/operation.ts';
import { recordStates } from '../records/dump-record.ts';
import type { recordOrders, Sourced } from '../records/dump-records.ts';
import { retentionReasons } from '../retention/item.ts';
import { artifactKinds } from '../retention/policy.ts';
import { type ScheduleEvent, shotStates } from '../schedules/run.ts';
import { missedPolicies } from '../schedules/schedule.ts';
import type { Series } from '../telemetry/telemetry.ts';
import { volumeStates } from '../volumes/volume.ts';
import { downloadForms } from './artifact.ts';
import { builder } from './builder.ts';
import { operationKinds } from './operation-kinds.ts';

// Every enum derives from the data table of the room that owns the word; where a room has only a type, the table is here and
// the type keeps it complete.

type Values<K extends string> = { [P in K]: { readonly value: P; readonly description: string } };

function valuesOf<K extends string>(table: Record<K, string | { readonly description: string }>): Values<K> {
  const rows = Object.entries<string | { readonly description: string }>(table).map(([value, row]) => [
    value,
    { value, description: typeof row === 'string' ? row : row.description },
  ]);
  return Object.fromEntries(rows) as Values<K>;
}

const meanings = Object.fromEntries(
  Object.entries(errorCatalogue).map(([code, { meaning, mend }]) => [code, `${meaning} ${mend}`]),
) as Record<ErrorCode, string>;

export const ErrorCodeEnum = builder.enumType('ErrorCode', {
  description:
    'Why something was refused or failed. Every error of this API carries one of these in `extensions.code`; a code is never renamed.',
  values: valuesOf(meanings),
});

export const MachineStateEnum = builder.enumType('MachineState', {
  description: 'State of a machine, as the hypervisor reports it.',
  values: valuesOf(machineStates),
});

export const OperationStateEnum = builder.enumType('OperationState', {
  description: 'State of an operation: QUEUED, then RUNNING, then one of three ends.',
  values: valuesOf(operationStates),
});

export const VolumeStateEnum = builder.enumType('VolumeState', {
  description: 'State of a volume.',
  values: valuesOf(volumeStates),
});

export const OperationKindEnum = builder.enumType('OperationKind', {
  description: 'What kind of work an operation is.',
  values: valuesOf(operationKinds),
});

export const CaptureMethodEnum = builder.enumType('CaptureMethod', {
  description: 'How memory is captured.',
  values: valuesOf(captureMethods),
});

export const MethodChoiceEnum = builder.enumType('MethodChoice', {
  description: 'Which capture method to use.',
  values: valuesOf({
    AUTO: 'SNAPSHOT where it is possible and safe, CORE_DUMP otherwise; the dump says which it was and why.',
    ...captureMethods,
  }),
});

export const ImageFormatEnum = builder.enumType('ImageFormat', {
  description: 'Format of the memory image inside an artifact.',
  values: valuesOf(imageFormats),
});

export const CompressionEnum = builder.enumType('Compression', {
  description: 'How the memory image is compressed on disk.',
  values: valuesOf(compressions),
});

export const RecordStateEnum = builder.enumType('RecordState', {
  description: 'State of a recorded dump’s artifact.',
  values: valuesOf(recordStates),
});

export const DumpRecordSortEnum = builder.enumType('DumpRecordSort', {
  description: 'Sort key of records; ties are ordered by id.',
  values: valuesOf({
    TIME: 'When the dump was committed.',
    DURATION: 'How long the dump took.',
    SIZE: 'Size of the artifact on disk.',
    VM: 'Name of the machine.',
  } satisfies Record<(typeof recordOrders)[number], string>),
});

export const SortDirectionEnum = builder.enumType('SortDirection', {
  description: 'Sort direction.',
  values: valuesOf({ ASC: 'Smallest or oldest first.', DESC: 'Largest or newest first.' }),
});

export const RecordSourceEnum = builder.enumType('RecordSource', {
  description: 'Which store the answer came from.',
  values: valuesOf({
    CATALOGUE: 'The catalogue of this server.',
    INFLUX_SQL: 'InfluxDB, by SQL.',
    INFLUX_QL: 'InfluxDB, by InfluxQL, because SQL failed.',
    INFLUX_HTTP: 'InfluxDB, by its old HTTP query interface, because the others failed.',
  } satisfies Record<Sourced['source'], string>),
});

export const StatsSourceEnum = builder.enumType('StatsSource', {
  description: 'Where statistics of a machine were read.',
  values: valuesOf({
    RING: 'In the ring of this server: 24 hours of samples, 30 days of means over five minutes.',
    INFLUX: 'In InfluxDB, as far as the ring does not reach.',
  } satisfies Record<Series['source'], string>),
});

export const HypervisorKindEnum = builder.enumType('HypervisorKind', {
  description: 'Where machines come from.',
  values: {
    LIBVIRT: { value: 'libvirt', description: 'Real machines, by libvirt.' },
    DEMO: { value: 'demo', description: 'Simulated machines with synthetic memory.' },
  },
});

export const HypervisorStateEnum = builder.enumType('HypervisorState', {
  description: 'Whether the hypervisor responds.',
  values: valuesOf({
    CONNECTING: 'Connecting.',
    UP: 'Connected.',
    DEGRADED: 'It answers, but has left some calls unanswered: a guest hangs, say.',
    DOWN: 'Disconnected; Memoir reconnects automatically.',
  } satisfies Record<HypervisorStatus['state'], string>),
});

export const OutboxStateEnum = builder.enumType('OutboxState', {
  description: 'Delivery state of lines for InfluxDB.',
  values: valuesOf({
    IDLE: 'All lines were accepted.',
    SENDING: 'Lines are being sent.',
    RETRYING: 'Sending failed and is retried automatically.',
    PAUSED: 'Action is required first; checked again every minute.',
  } satisfies Record<OutboxStatus['state'], string>),
});

export const VmChangeTypeEnum = builder.enumType('VmChangeType', {
  description: 'What happened to a machine.',
  values: valuesOf({ CHANGED: 'It appeared or changed.', GONE: 'It was removed.' }),
});

export const OperationEventTypeEnum = builder.enumType('OperationEventType', {
  description: 'Type of an event.',
  values: valuesOf({
    QUEUED: 'Accepted and queued.',
    STARTED: 'It started.',
    REQUEUED: 'A server restart queued it again; it runs from the beginning.',
    COMPLETED: 'Completed; its result is complete and recorded.',
    FAILED: 'Failed.',
    CANCELLED: 'Cancelled on request.',
    CANCEL_REQUESTED: 'Cancellation was requested; it is cleaning up.',
    PHASE: 'It entered another phase.',
    NOTED: 'Something was noted about it, possibly after its end: verified, downloaded, deleted.',
    LAGGED:
      'Not an event: those between the last cursor and this one are not delivered, because they were pruned from the log.',
  } satisfies Record<OperationEventType | 'LAGGED', string>),
});

export const RoleEnum = builder.enumType('Role', {
  description: 'What the bearer of a token may do. Each role includes the ones before it.',
  values: valuesOf(roles),
});

export const DownloadFormEnum = builder.enumType('DownloadForm', {
  description: 'Format of a download.',
  values: valuesOf(downloadForms),
});

export const MissedPolicyEnum = builder.enumType('MissedPolicy', {
  description: 'What happens with due times that were missed while the server was not running.',
  values: valuesOf(missedPolicies),
});

export const ScheduledRunStateEnum = builder.enumType('ScheduledRunState', {
  description: 'State of one machine’s run.',
  values: valuesOf(shotStates),
});

export const ScheduleEventTypeEnum = builder.enumType('ScheduleEventType', {
  description: 'What about a schedule needs attention.',
  values: valuesOf({
    MISSED: 'Due times passed while the server did not run, or the clock was set.',
    SKIPPED: 'Skipped: it waited for the previous run until a later one replaced it.',
    REFUSED: 'A run could not start.',
    FAILED: 'A run failed.',
    NO_MACHINES: 'No machine matched when it was due.',
  } satisfies Record<ScheduleEvent['type'], string>),
});

export const ArtifactKindEnum = builder.enumType('ArtifactKind', {
  description: 'What an artifact is.',
  values: valuesOf(artifactKinds),
});

export const RetentionReasonEnum = builder.enumType('RetentionReason', {
  description: 'Why an artifact is kept or removed.',
  values: valuesOf(retentionReasons),
});

export const FindingStateEnum = builder.enumType('FindingState', {
  description: 'State of something that the server depends on.',
  values: {
    OK: { value: 'ok', description: findingStates.ok },
    LOOK: { value: 'look', description: findingStates.look },
    BROKEN: { value: 'broken', description: findingStates.broken },
  } as const,
});
