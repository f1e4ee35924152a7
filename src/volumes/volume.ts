import type { ErrorShape } from '../domain/memoir-error.ts';
import type { VolumePlacement, VolumeProvider } from './volume-provider.ts';

/** The life of a volume, as data: what may follow, what a person reads, and the word of the old daemon's callers. */
export const volumeStates = {
  CREATING: { label: 'Creating', rest: 'creating', description: 'Being made; it is not there for sure.' },
  AVAILABLE: { label: 'Available', rest: 'available', description: 'There, and attached to no machine.' },
  ATTACHING: { label: 'Attaching', rest: 'attaching', description: 'On its way to a machine.' },
  ATTACHED: { label: 'Attached', rest: 'attached', description: 'A disk of a machine.' },
  DETACHING: { label: 'Detaching', rest: 'detaching', description: 'Being taken from its machine.' },
  DELETING: { label: 'Deleting', rest: 'deleting', description: 'Being deleted, with its bytes.' },
} as const satisfies Record<string, { label: string; rest: string; description: string }>;

export type VolumeState = keyof typeof volumeStates;

/** Where a volume is attached, or is on its way from or to. */
export interface Attachment {
  readonly machineId: string;
  readonly machineName: string;
  readonly sinceMs: number;
  /** The highest `diskseq` of this host before it began: what came later may be its device. */
  readonly newerThan: number | null;
  /** The start of this host that `newerThan` is of. */
  readonly boot: string | null;
}

/** The device of an attached volume, as it was verified last. */
export interface DeviceMapping {
  readonly path: string;
  readonly rdev: string;
  readonly diskseq: number | null;
  /** The start of this host that `diskseq` is of. */
  readonly boot: string | null;
  readonly sizeBytes: number;
  readonly verifiedAtMs: number;
}

/** A volume's bytes over NBD. */
export interface VolumeExport {
  /** Of the export, on its server. */
  readonly name: string;
  readonly uri: string;
  readonly writable: boolean;
  readonly sinceMs: number;
}

/** A volume as the catalogue has it. */
export interface Volume {
  /** Random UUID; its mark at the provider. */
  readonly id: string;
  readonly name: string;
  readonly provider: VolumeProvider['kind'];
  /** The provider's own id; null until it is made. */
  readonly providerId: string | null;
  readonly sizeBytes: number;
  readonly serial: string | null;
  readonly placement: VolumePlacement;
  readonly state: VolumeState;
  readonly attachment: Attachment | null;
  readonly device: DeviceMapping | null;
  readonly export: VolumeExport | null;
  /** What is inconsistent, or could not be checked; null if all is well. */
  readonly problem: ErrorShape | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Grows with every change. */
  readonly version: number;
}

export interface NewVolume extends Pick<Volume, 'id' | 'name' | 'provider' | 'sizeBytes' | 'placement'> {
  /** Of a volume that is there already, and not to be made. */
  readonly adopted?: Pick<Volume, 'providerId' | 'serial'>;
}

/** What is to be different; undefined stays as it is. */
export type VolumePatch = Partial<
  Pick<Volume, 'providerId' | 'sizeBytes' | 'serial' | 'state' | 'attachment' | 'device' | 'export' | 'problem'>
>;
