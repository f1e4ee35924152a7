import type { ErrorCode } from '../domain/error-catalogue.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import type { BlockDevice } from './devices/block-device.ts';
import { serialMatches } from './serial.ts';

/** A device that was found to be a volume, as it is remembered: what has to be unchanged at the next use. */
export interface PinnedDevice {
  readonly rdev: string;
  readonly diskseq: number | null;
  /** The start of the host in which it had this diskseq. */
  readonly boot: string | null;
}

/** Another volume that is attached to a machine of this host. */
export interface OtherVolume {
  readonly name: string;
  readonly sizeBytes: number;
  /** Null until its device was found. */
  readonly pinned: PinnedDevice | null;
}

/** What is known of an attached volume. */
export interface ExpectedDevice {
  /** For messages. */
  readonly name: string;
  readonly serial: string | null;
  readonly sizeBytes: number;
  /** This start of the host. */
  readonly boot: string | null;
  /** Null until its device was found for the first time. */
  readonly pinned: PinnedDevice | null;
  /** Serials of all other volumes that are known. */
  readonly otherSerials: readonly string[];
  /** The highest `diskseq` before it was attached, for volumes without a serial; null where that is not known. */
  readonly newerThan: number | null;
  /** The other volumes whose devices are this host's. */
  readonly others: readonly OtherVolume[];
}

/**
 * The device of an attached volume among those that are there, read just now; or a refusal that says why. It stands before
 * every use: naming, exporting, formatting, mounting. It fails closed: whatever is not proven is refused.
 *
 * By serial where there is one: exactly one device has to show it, and no other volume may have it. Without one, by the device that was
 * pinned; at first by size among devices that came since the attachment, and only if exactly one fits and every other volume of that
 * size has its own device: one that is still to come, or comes again, looks like the new one.
 */
export function verified(expected: ExpectedDevice, devices: readonly BlockDevice[]): BlockDevice {
  const device = expected.serial === null ? bySize(expected, devices) : bySerial(expected, expected.serial, devices);
  if (device.sizeBytes < expected.sizeBytes) {
    throw refusal(
      'DEVICE_CHANGED',
      expected,
      `${device.path} has ${device.sizeBytes} bytes, less than the volume's ${expected.sizeBytes}`,
    );
  }
  const { pinned } = expected;
  if (pinned !== null && pinned.boot !== expected.boot)
    throw refusal('DEVICE_CHANGED', expected, 'this host was restarted since it was verified');
  if (pinned !== null && (pinned.rdev !== device.rdev || pinned.diskseq !== device.diskseq)) {
    throw refusal(
      'DEVICE_CHANGED',
      expected,
      `${device.path} came after the one that was verified (diskseq ${device.diskseq}, was ${pinned.diskseq})`,
    );
  }
  return device;
}

function bySerial(expected: ExpectedDevice, serial: string, devices: readonly BlockDevice[]): BlockDevice {
  const found = devices.filter((device) => device.serial !== null && serialMatches(device.serial, serial));
  const [device] = found;
  if (device === undefined) throw refusal('DEVICE_MISSING', expected, `no device shows its serial ${serial}`);
  if (found.length > 1) {
    throw refusal(
      'DEVICE_AMBIGUOUS',
      expected,
      `${found.map(({ path }) => path).join(' and ')} both show its serial ${serial}`,
    );
  }
  const shown = device.serial ?? '';
  if (expected.otherSerials.some((other) => serialMatches(shown, other))) {
    throw refusal('DEVICE_AMBIGUOUS', expected, `another volume has the serial ${shown} that ${device.path} shows`);
  }
  return device;
}

function bySize(expected: ExpectedDevice, devices: readonly BlockDevice[]): BlockDevice {
  const { pinned, newerThan } = expected;
  if (pinned !== null) {
    // A number of the device file alone is given to the next device that comes.
    if (pinned.diskseq === null)
      throw refusal('DEVICE_AMBIGUOUS', expected, 'it has no serial, and this kernel no diskseq');
    // Numbers begin anew with the host: the same one may be another volume's.
    if (pinned.boot !== expected.boot)
      throw refusal(
        'DEVICE_AMBIGUOUS',
        expected,
        'it has no serial, and this host was restarted since it was verified',
      );
    const [device, second] = devices.filter(({ diskseq }) => diskseq === pinned.diskseq);
    if (device === undefined) throw refusal('DEVICE_MISSING', expected, `no device has diskseq ${pinned.diskseq}`);
    if (second !== undefined) {
      const both = `${device.path} and ${second.path} both have diskseq ${pinned.diskseq}`;
      throw refusal('DEVICE_AMBIGUOUS', expected, `it has no serial, and ${both}`);
    }
    return device;
  }
  if (newerThan === null)
    throw refusal('DEVICE_AMBIGUOUS', expected, 'it has no serial, and its attachment was not watched');
  const isDeviceOf = ({ pinned: other }: OtherVolume, { diskseq }: BlockDevice): boolean =>
    other !== null && other.boot === expected.boot && other.diskseq === diskseq;
  const lost = expected.others.find(
    (other) => other.sizeBytes === expected.sizeBytes && !devices.some((device) => isDeviceOf(other, device)),
  );
  if (lost !== undefined) {
    const reason = `it has no serial, and a new device of its size may be that of ${lost.name}, which has none now`;
    throw refusal('DEVICE_AMBIGUOUS', expected, reason);
  }
  const isOther = (device: BlockDevice): boolean => expected.others.some((other) => isDeviceOf(other, device));
  const found = devices.filter(
    (device) =>
      device.serial === null &&
      device.diskseq !== null &&
      device.diskseq > newerThan &&
      !isOther(device) &&
      device.sizeBytes === expected.sizeBytes,
  );
  const [device] = found;
  if (device === undefined)
    throw refusal('DEVICE_MISSING', expected, `no new device has its size (${expected.sizeBytes} bytes)`);
  if (found.length > 1) {
    throw refusal(
      'DEVICE_AMBIGUOUS',
      expected,
      `it has no serial, and ${found.map(({ path }) => path).join(' and ')} both have its size`,
    );
  }
  return device;
}

function refusal(code: ErrorCode, expected: ExpectedDevice, reason: string): MemoirError {
  return new MemoirError(code, `the device of volume ${expected.name} is not certain: ${reason}`);
}
