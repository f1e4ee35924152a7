/** What virtio-blk keeps of a serial (VIRTIO_BLK_ID_BYTES, Linux include/uapi/linux/virtio_blk.h). */
const shortestSerial = 20;

/** The serial that a volume's device is given: the first 20 hexadecimal digits of its UUID, 76 of them random bits. */
export function serialOf(mark: string): string {
  return mark.replaceAll('-', '').slice(0, shortestSerial);
}

/**
 * Whether a device's serial is this volume's. A bus may cut a serial, never to less than 20 characters: a shorter one is a match of nothing
 * but itself.
 */
export function serialMatches(ofDevice: string, ofVolume: string): boolean {
  if (ofDevice === ofVolume) return true;
  return ofDevice.length >= shortestSerial && ofVolume.startsWith(ofDevice);
}
