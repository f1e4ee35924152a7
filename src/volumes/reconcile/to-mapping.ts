import type { BlockDevice } from '../devices/block-device.ts';
import type { DeviceMapping } from '../volume.ts';

export function toMapping(
  { path, rdev, diskseq, sizeBytes }: BlockDevice,
  boot: string | null,
  verifiedAtMs: number,
): DeviceMapping {
  return { path, rdev, diskseq, boot, sizeBytes, verifiedAtMs };
}
