import type { Access } from '../access/access.ts';
import type { HostFinding } from '../doctor/finding.ts';
import type { Dumps } from '../dumps/dumps.ts';
import type { Heaps } from '../heaps/heaps.ts';
import type { Influx } from '../influx/influx.ts';
import type { Hypervisor } from '../machines/hypervisor.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { Operations } from '../operations/operations.ts';
import type { DumpRecords } from '../records/dump-records.ts';
import type { Retention } from '../retention/retention.ts';
import type { Schedules } from '../schedules/schedules.ts';
import type { ArtifactStore } from '../storage/artifact-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Volumes } from '../volumes/volumes.ts';

/** What the server says of itself. */
export interface ServerInfo {
  readonly version: string;
  readonly startedAtMs: number;
  readonly maxParallelDumps: number;
  readonly nodeId: string;
  /** What is wrong with the database's file, as far as it was looked through; null if nothing is known. */
  databaseDamage(): string | null;
  /** The catalogue is empty although there are artifacts: a reindex would bring them back. */
  isReindexAdvised(): Promise<boolean>;
  /** InfluxDB lacks records that it had accepted, and they are being written again. */
  isInfluxLacking(): boolean;
}

/** A structured log; pino's own signature. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Everything that a resolver may ask: contracts only. */
export interface Services {
  readonly operations: Operations;
  readonly dumps: Dumps;
  readonly heaps: Heaps;
  readonly records: DumpRecords;
  /** Null where none is configured. */
  readonly influx: Influx | null;
  readonly hypervisor: Hypervisor;
  readonly store: ArtifactStore;
  readonly telemetry: Telemetry;
  readonly volumes: Volumes;
  readonly notifications: Notifications;
  readonly schedules: Schedules;
  readonly retention: Retention;
  readonly access: Access;
  /** Looks at the machine that the server runs on; changes nothing. Who asks while it looks gets the same answer. */
  examineHost(): Promise<readonly HostFinding[]>;
  readonly info: ServerInfo;
  readonly log: Log;
}
