import type { Closable } from '../domain/closable.ts';
import type { Operation } from '../operations/operation.ts';
import type { BlockDevice, DeviceChange } from './devices/block-device.ts';
import type { ImportReport } from './import/import-volumes.ts';
import type { ReconcileReport } from './reconcile/reconcile-report.ts';
import type { Volume } from './volume.ts';
import type { VolumePlacement, VolumeProvider } from './volume-provider.ts';

export interface CreateVolume {
  /** 1 to 64 letters, digits and `._-`, beginning with a letter or digit: it becomes a file name. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly placement: VolumePlacement;
}

/** Who asks, and how a repetition is recognised. */
export interface VolumeCaller {
  readonly actor: string;
  readonly idempotencyKey?: string;
  /** Of the caller's trace (W3C Trace Context). */
  readonly traceparent?: string;
}

/**
 * Block volumes: the one door to them. Everything that changes something is an operation, durable when the call resolves; while one is
 * active on a volume, or a dump on its machine, another is ALREADY_ACTIVE. Volumes of one machine wait their turn. Volumes are named by id or name: NOT_FOUND where there is none.
 */
export interface Volumes extends Closable {
  readonly provider: VolumeProvider['kind'];
  list(): Promise<readonly Volume[]>;
  get(nameOrId: string): Promise<Volume | null>;
  /** NAME_TAKEN, BAD_INPUT. */
  create(wish: CreateVolume, caller: VolumeCaller): Promise<Operation>;
  /** `machine` is a name or an id. */
  attach(volume: string, machine: string, caller: VolumeCaller): Promise<Operation>;
  /** From the machine that has it; from no other, if one is named. */
  detach(volume: string, machine: string | null, caller: VolumeCaller): Promise<Operation>;
  resize(volume: string, sizeBytes: number, caller: VolumeCaller): Promise<Operation>;
  remove(volume: string, caller: VolumeCaller): Promise<Operation>;
  /** Shows its bytes over NBD, read-only unless asked for otherwise. */
  addExport(volume: string, writable: boolean, caller: VolumeCaller): Promise<Operation>;
  removeExport(volume: string, caller: VolumeCaller): Promise<Operation>;
  /**
   * Makes a file system on its device, if that is proven empty (VOLUME_NOT_EMPTY). `confirm` is the volume's name once more, so that nobody
   * formats by mistake.
   */
  format(volume: string, confirm: string, caller: VolumeCaller): Promise<Operation>;
  /** The device of an attached volume, verified by this call: DEVICE_MISSING, DEVICE_AMBIGUOUS or DEVICE_CHANGED if it is not certain. */
  device(volume: string): Promise<BlockDevice>;
  /** Takes volumes of the old volume daemon over, from what mysqldump wrote of its tables: BAD_INPUT where that is not certain. */
  importTables(sql: string): Promise<ImportReport>;
  /** Compares everything with the world, now. */
  reconcile(): Promise<ReconcileReport>;
  /** Null before the first one. */
  readonly lastReport: ReconcileReport | null;
  /** Tells of every comparison from now on, until the returned function is called. */
  watchReports(listener: (report: ReconcileReport) => void): () => void;
  /** How many changes of this host's block devices were seen since the start. */
  readonly deviceChanges: Readonly<Record<DeviceChange['type'], number>>;
}
