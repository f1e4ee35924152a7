/** A block device of this host, as the device itself was read: never from a link that udev keeps. */
export interface BlockDevice {
  /** The kernel's name for it now, `vdb`: says nothing of what is behind it. */
  readonly name: string;
  /** Where it is opened. */
  readonly path: string;
  /** `major:minor`. */
  readonly rdev: string;
  /** Grows with every device that appears, so a device in the place of another has another (Linux 5.15); null before that. */
  readonly diskseq: number | null;
  readonly sizeBytes: number;
  /** What the device says it is; null where it says nothing. */
  readonly serial: string | null;
}

export type DeviceChange =
  | { readonly type: 'APPEARED'; readonly device: BlockDevice }
  | { readonly type: 'CHANGED'; readonly device: BlockDevice; readonly before: BlockDevice }
  | { readonly type: 'GONE'; readonly device: BlockDevice };

/** Two devices that are one and the same, if both were read at different times. */
export function sameDevice(a: BlockDevice, b: BlockDevice): boolean {
  return a.name === b.name && a.rdev === b.rdev && a.diskseq === b.diskseq;
}

/** Whether nothing about it has changed. */
export function equalDevice(a: BlockDevice, b: BlockDevice): boolean {
  return sameDevice(a, b) && a.sizeBytes === b.sizeBytes && a.serial === b.serial && a.path === b.path;
}
