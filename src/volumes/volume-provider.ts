import type { Closable } from '../domain/closable.ts';

export const providerKinds = ['demo', 'libvirt', 'cloudstack'] as const;

/** What a new volume is to be. */
export interface VolumeSpec {
  /** Our own UUID of it, random: the mark by which the provider's object is found again, whatever happened in between. */
  readonly mark: string;
  /** Display name. Never a path or an identity at the provider. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Where it is made and of which kind, in the provider's own words; null for the provider's default. */
  readonly placement: VolumePlacement;
}

export interface VolumePlacement {
  /** A storage pool (libvirt) or a zone (CloudStack). */
  readonly zone: string | null;
  /** A format (libvirt: `raw`, `qcow2`) or a disk offering (CloudStack). */
  readonly offering: string | null;
}

/** A volume as the provider shows it now. */
export interface ProvidedVolume {
  readonly mark: string;
  /** The provider's own id of it. */
  readonly providerId: string;
  readonly sizeBytes: number;
  /**
   * The whole serial that an attached device shows, or a beginning of it (virtio keeps 20 bytes); null where the provider can give
   * devices none, or does not know it yet.
   */
  readonly serial: string | null;
  /** Machines that it is attached to now; as a rule none or one. */
  readonly attachedTo: readonly string[];
  /** Where this host finds its bytes while no machine uses it; null where only an attached device has them. */
  readonly path: string | null;
}

export interface AttachTarget {
  readonly mark: string;
  readonly machineId: string;
}

/**
 * Somebody who has volumes: a libvirt, a CloudStack, the demo. Implementations pass the suite in test/contracts/.
 *
 * - Every call is idempotent by the mark. One that is repeated, also after a crash in the middle, finds what the first one
 *   made and answers as the first would have; two at once make one volume and one attachment.
 * - A call that resolves is done: the provider itself says so when it is asked. One that rejects may have been done all the
 *   same (the answer was lost): whoever must know asks `describe`.
 * - `detach` succeeds only when the device has left the machine. A machine that keeps it is DETACH_REFUSED, and the volume is attached as before.
 * - What the provider says of devices (`/dev/vdb`, device numbers) is never an identity and is not part of this contract.
 * - Failures: NOT_FOUND (volume or machine), VOLUME_IN_USE (attached elsewhere, or still attached), BAD_INPUT (a size that
 *   shrinks), PROVIDER_REFUSED, PROVIDER_UNAVAILABLE, DETACH_REFUSED. An aborted signal rejects with its reason.
 */
export interface VolumeProvider extends Closable {
  readonly kind: (typeof providerKinds)[number];
  create(spec: VolumeSpec, signal: AbortSignal): Promise<ProvidedVolume>;
  /** To one machine at a time: attached elsewhere is VOLUME_IN_USE. */
  attach(target: AttachTarget, signal: AbortSignal): Promise<ProvidedVolume>;
  /** Not attached there is success. */
  detach(target: AttachTarget, signal: AbortSignal): Promise<ProvidedVolume>;
  /** With its bytes. Not there is success; attached is VOLUME_IN_USE. */
  delete(mark: string, signal: AbortSignal): Promise<void>;
  /** To the size, which may be what it has already; never smaller. */
  resize(mark: string, sizeBytes: number, signal: AbortSignal): Promise<ProvidedVolume>;
  /** Null if there is none of this mark. */
  describe(mark: string, signal: AbortSignal): Promise<ProvidedVolume | null>;
  /** All that carry a mark of ours, also those that no catalogue knows. */
  list(signal: AbortSignal): Promise<readonly ProvidedVolume[]>;
  /** Whether devices of this machine are this host's own, so that an attached volume is found in its /sys/block. */
  isHere(machineId: string): boolean;
}
