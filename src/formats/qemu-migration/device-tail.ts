import { type Description, type DeviceDescription, parseDescription } from './device-description.ts';
import { DeviceSection } from './device-section.ts';
import type { EarlySection } from './early-section.ts';
import { MigrationFormatError } from './migration-error.ts';
import { SECTION_DESCRIPTION, SECTION_EOF, SECTION_FOOTER, SECTION_FULL, SUBSECTION } from './stream-format.ts';

/**
 * What follows the memory: device sections, 0x00, then 0x06 · length (4) · description. The sections do not say how long
 * they are, the description does, and it comes last: so the whole tail is held before it is read.
 *
 * `offset` is the tail's place in the stream; `early` are the sections that came before the memory, which the
 * description has as well. Everything must fit: names, instances, versions, footers, the end.
 */
export function readDeviceTail(tail: Uint8Array, offset: number, early: readonly EarlySection[]): DeviceSection[] {
  const end = findDescription(tail, offset);
  const devices = parseDescription(tail.subarray(end + 5), offset + end + 5);
  const walk = new TailWalk(tail.subarray(0, end), offset);
  const isEarly = (device: DeviceDescription) =>
    early.some(({ head }) => head.name === device.name && head.instance === device.instance);
  const sections = devices.filter((device) => !isEarly(device)).map((device) => walk.section(device));
  walk.end();
  return sections;
}

/**
 * Where 0x06 stands in front of the description. JSON has no such byte, so it is the last one of the tail, or one of the
 * four bytes of the length behind it is.
 */
function findDescription(tail: Uint8Array, offset: number): number {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const last = tail.lastIndexOf(SECTION_DESCRIPTION);
  for (let at = last; at > 0 && at >= last - 4; at--) {
    const rest = tail.length - at - 5;
    if (
      rest >= 0 &&
      tail[at] === SECTION_DESCRIPTION &&
      tail[at - 1] === SECTION_EOF &&
      view.getUint32(at + 1) === rest
    )
      return at;
  }
  throw new MigrationFormatError(
    'TRUNCATED',
    'description',
    offset + tail.length,
    'the stream ends without a whole description of its devices',
  );
}

class TailWalk {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #offset: number;
  #at = 0;
  #section = 'devices';

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  section(device: DeviceDescription): DeviceSection {
    this.#section = device.name;
    this.#expect(this.#byte(), SECTION_FULL, 'kind of section');
    const id = this.#word();
    this.#name(device.name);
    this.#expect(this.#word(), device.instance, 'instance');
    const version = this.#word();
    this.#expect(version, device.version ?? version, 'version');
    const start = this.#at;
    this.#skipDescribed(device);
    const payload = this.#bytes.subarray(start, this.#at);
    this.#expect(this.#byte(), SECTION_FOOTER, 'kind of footer');
    this.#expect(this.#word(), id, 'id in the footer');
    return new DeviceSection(device, payload, this.#offset + start);
  }

  end(): void {
    this.#section = 'devices';
    this.#expect(this.#byte(), SECTION_EOF, 'end of the sections');
    if (this.#at !== this.#bytes.length) throw this.#error('has sections that the description does not know');
  }

  /** Steps over what a description describes. Subsections are there in the bytes too, with their names. */
  #skipDescribed({ fields, subsections }: Description): void {
    for (const { size, count } of fields) this.#take(size * count);
    for (const subsection of subsections) {
      this.#expect(this.#byte(), SUBSECTION, 'kind of subsection');
      this.#name(subsection.name);
      this.#expect(this.#word(), subsection.version, `version of subsection "${subsection.name}"`);
      this.#skipDescribed(subsection);
    }
  }

  #name(expected: string): void {
    const length = this.#byte();
    const start = this.#take(length);
    const name = String.fromCharCode(...this.#bytes.subarray(start, start + length));
    if (name !== expected) throw this.#error(`the stream has "${name}" there`);
  }

  #byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  #word(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** Moves over `size` bytes and returns where they start. */
  #take(size: number): number {
    const start = this.#at;
    if (size > this.#bytes.length - start) throw this.#error('is longer than the stream');
    this.#at = start + size;
    return start;
  }

  #expect(actual: number, expected: number, what: string): void {
    if (actual !== expected) throw this.#error(`${what} is ${actual}, the description says ${expected}`);
  }

  #error(message: string): MigrationFormatError {
    return new MigrationFormatError('CORRUPT', this.#section, this.#offset + this.#at, message);
  }
}
