import { randomBytes } from 'node:crypto';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Lower-case canonical form only, so that an id is safe as a path component and compares as a string. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/** Milliseconds of the making of a UUIDv7. */
export function idTimeMs(id: string): number {
  return Number.parseInt(id.replace('-', '').slice(0, 12), 16);
}

/**
 * A source of UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then a 12-bit counter (method 1 of §6.2) so that ids made in
 * one millisecond still sort in the order in which they were made, then random bits. A clock that steps back does not
 * make ids step back; nor does one that was set back while no server ran, where `after` is the newest id that there is.
 */
export function createIdSource(now: () => number = Date.now, after: string | null = null): () => string {
  let lastMs = after === null ? 0 : idTimeMs(after) + 1;
  let counter = 0;
  return () => {
    const ms = now();
    if (ms > lastMs) {
      lastMs = ms;
      counter = 0;
    } else if (++counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
    const bytes = randomBytes(16);
    bytes.writeUIntBE(lastMs, 0, 6);
    bytes.writeUInt16BE(0x7000 | counter, 6);
    bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f);
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}
