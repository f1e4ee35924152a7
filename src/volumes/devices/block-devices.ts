import type { Closable } from '../../domain/closable.ts';
import type { BlockDevice, DeviceChange } from './block-device.ts';

/**
 * The block devices that this host has. Implementations: the kernel's (/sys/block and its events) and simulated ones.
 *
 * - `scan` reads the devices themselves, now; what it answers was true during the call. It also tells the watchers what it found.
 * - Watchers are told each difference once and in order: GONE of the old device always comes before APPEARED of the one that has
 *   taken its name. Events of the kernel may be lost: a difference is then told within the polling interval.
 */
export interface BlockDevices extends Closable {
  /** Which start of the kernel this is: a `diskseq` begins anew with each, so it says something only together with this. */
  readonly boot: string | null;
  scan(): Promise<readonly BlockDevice[]>;
  /**
   * To be called before a device is taken away: nothing on this host uses it, or VOLUME_IN_USE; and what the kernel has in memory for it is
   * written back.
   */
  release(device: BlockDevice, signal: AbortSignal): Promise<void>;
  /** Tells of every change from now on, until the returned function is called. */
  watch(listener: (change: DeviceChange) => void): () => void;
}
