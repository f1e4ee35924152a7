import { MigrationFormatError } from './migration-error.ts';

/**
 * The description that ends a stream, as far as it is needed: JSON that QEMU makes while it saves (migration/vmstate.c).
 * A field has a name, the size of one element and, in an array, how many there are; a field that is a structure has its
 * own description. A description's bytes are its fields in order, then its subsections.
 */
export interface Description {
  readonly fields: readonly FieldDescription[];
  readonly subsections: readonly SubsectionDescription[];
}

export interface FieldDescription {
  readonly name: string;
  readonly size: number;
  readonly count: number;
  readonly structure: Description | undefined;
}

export interface SubsectionDescription extends Description {
  readonly name: string;
  readonly version: number;
}

export interface DeviceDescription extends Description {
  readonly name: string;
  readonly instance: number;
  /** Undefined for the few devices that save themselves without a description of their own (slirp, for one). */
  readonly version: number | undefined;
}

const SECTION = 'description';
/** QEMU nests structures three or four deep. */
const DEPTH_MAX = 32;
/** Each of QEMU's JSON objects takes more than 20 bytes of text: with more of them, text would become much memory. */
const TEXT_PER_CONTAINER = 16;

/** Reads the description's JSON; `offset` is where it lies in the stream, for errors. */
export function parseDescription(json: Uint8Array, offset: number): readonly DeviceDescription[] {
  const refuse = (what: string, cause?: unknown) =>
    new MigrationFormatError('CORRUPT', SECTION, offset, what, cause === undefined ? {} : { cause });
  let containers = 0;
  for (const byte of json) if (byte === 0x7b || byte === 0x5b) containers++;
  if (containers * TEXT_PER_CONTAINER > json.length + 1024) throw refuse('more brackets than a description can have');

  let root: unknown;
  try {
    root = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('latin1'));
  } catch (cause) {
    throw refuse('is not JSON', cause);
  }
  const { object, array, text, count, description } = shapes(refuse);
  return array(object(root, 'description').devices, 'devices').map((value): DeviceDescription => {
    const device = object(value, 'device');
    return {
      name: text(device.name, 'name of a device'),
      instance: count(device.instance_id, 'instance'),
      version: device.version === undefined ? undefined : count(device.version, 'version'),
      ...description(device, 0),
    };
  });
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Checks of what JSON holds, each of which names what is wrong. */
function shapes(refuse: (what: string) => Error) {
  const object = (value: unknown, what: string): JsonObject => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(`${what} is no object`);
    return value as JsonObject;
  };
  const array = (value: unknown, what: string): readonly unknown[] => {
    if (!Array.isArray(value)) throw refuse(`${what} is no array`);
    return value;
  };
  const text = (value: unknown, what: string): string => {
    if (typeof value !== 'string') throw refuse(`${what} is no text`);
    return value;
  };
  const count = (value: unknown, what: string): number => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw refuse(`${what} is no count`);
    return value;
  };
  const description = (value: JsonObject, depth: number): Description => {
    if (depth > DEPTH_MAX) throw refuse('structures within structures without end');
    return {
      fields: array(value.fields ?? [], 'fields').map((one): FieldDescription => {
        const field = object(one, 'field');
        return {
          name: text(field.name, 'name of a field'),
          size: count(field.size, 'size'),
          count: field.array_len === undefined ? 1 : count(field.array_len, 'length of an array'),
          structure: field.struct === undefined ? undefined : description(object(field.struct, 'struct'), depth + 1),
        };
      }),
      subsections: array(value.subsections ?? [], 'subsections').map((one): SubsectionDescription => {
        const subsection = object(one, 'subsection');
        return {
          name: text(subsection.vmsd_name, 'name of a subsection'),
          version: count(subsection.version, 'version'),
          ...description(subsection, depth + 1),
        };
      }),
    };
  };
  return { object, array, text, count, description };
}
