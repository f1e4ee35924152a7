/** Bytes in QEMU's order, which is big-endian. */
export const be = {
  u8: (value: number): Buffer => Buffer.from([value]),
  u16: (value: number): Buffer => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(value);
    return bytes;
  },
  u32: (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value >>> 0);
    return bytes;
  },
  u64: (value: number | bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value));
    return bytes;
  },
  name: (text: string): Buffer => Buffer.concat([be.u8(text.length), Buffer.from(text, 'latin1')]),
};

/** A field of a device: one element or an array of equal ones; a structure has fields of its own. */
export interface Field {
  readonly name: string;
  readonly type: string;
  readonly elements: readonly (Buffer | State)[];
  /** Describe an array by one entry per element, as QEMU does where elements may differ. */
  readonly apart?: boolean;
}

export interface State {
  readonly fields: readonly Field[];
  readonly subsections?: readonly (State & { readonly name: string; readonly version: number })[];
}

export interface Device extends State {
  readonly name: string;
  readonly instance: number;
  readonly version: number;
  /** A device that saves itself: its description has no version. */
  readonly oldStyle?: boolean;
}

export const field = (name: string, ...elements: (Buffer | State)[]): Field => ({
  name,
  type: elements[0] instanceof Buffer ? 'buffer' : 'struct',
  elements,
});

type Json = Record<string, unknown>;

/** The bytes of a state and its description, made together as QEMU does. */
function writeState({ fields, subsections = [] }: State): { bytes: Buffer; json: Json } {
  const parts: Buffer[] = [];
  const described: Json[] = [];
  for (const { name, type, elements, apart } of fields) {
    const written = elements.map((one) => ('fields' in one ? writeState(one) : { bytes: one, json: undefined }));
    parts.push(...written.map(({ bytes }) => bytes));
    const entry = ({ bytes, json }: { bytes: Buffer; json: Json | undefined }, more: Json): Json => ({
      name,
      ...more,
      type,
      ...(json && { struct: json }),
      size: bytes.length,
    });
    if (elements.length === 1) described.push(entry(written[0]!, {}));
    else if (apart) described.push(...written.map((one, index) => entry(one, { index })));
    else if (elements.length > 0) described.push(entry(written[0]!, { array_len: elements.length }));
  }
  const nested: Json[] = [];
  for (const subsection of subsections) {
    const { bytes, json } = writeState(subsection);
    parts.push(be.u8(5), be.name(subsection.name), be.u32(subsection.version), bytes);
    nested.push({ ...json, vmsd_name: subsection.name, version: subsection.version });
  }
  const json: Json = { vmsd_name: 'state', version: 1, fields: described };
  return { bytes: Buffer.concat(parts), json: nested.length > 0 ? { ...json, subsections: nested } : json };
}

/** One record of a part: a page of a block, `bytes` or zeros. */
export interface PageRecord {
  readonly block: string;
  readonly offset: number;
  readonly bytes?: Buffer | undefined;
  /** Name the block even if the record before has the same. */
  readonly named?: boolean;
}

export interface Stream {
  readonly machine: string;
  readonly configuration?: readonly Buffer[];
  readonly blocks: readonly { readonly name: string; readonly length: number }[];
  readonly early?: readonly Device[];
  readonly parts: readonly (readonly PageRecord[])[];
  readonly devices: readonly Device[];
}

/** A background snapshot's stream as QEMU 7.2 to 10 write it, with names for its pieces so that tests can find them. */
export function writeStream({ machine, configuration = [], blocks, early = [], parts, devices }: Stream): Buffer {
  const out: Buffer[] = [Buffer.from('QEVM'), be.u32(3)];
  out.push(be.u8(7), be.u32(machine.length), Buffer.from(machine), ...configuration);
  const footer = (id: number): Buffer => Buffer.concat([be.u8(0x7e), be.u32(id)]);

  const ramId = 3;
  const total = blocks.reduce((sum, { length }) => sum + length, 0);
  out.push(be.u8(1), be.u32(ramId), be.name('ram'), be.u32(0), be.u32(4), be.u64(BigInt(total) | 4n));
  for (const { name, length } of blocks) out.push(be.name(name), be.u64(length));
  out.push(be.u64(0x10), footer(ramId));

  let id = ramId + 1;
  const described: Json[] = [];
  const full = (device: Device): void => {
    const { bytes, json } = writeState(device);
    const head = [be.u8(4), be.u32(id), be.name(device.name), be.u32(device.instance), be.u32(device.version)];
    out.push(...head, bytes, footer(id++));
    const version = device.oldStyle ? undefined : device.version;
    described.push({ name: device.name, instance_id: device.instance, ...json, version });
  };
  for (const device of early) full(device);

  let last: string | undefined;
  for (const records of parts) {
    out.push(be.u8(2), be.u32(ramId));
    for (const { block, offset, bytes, named } of records) {
      const same = block === last && named !== true;
      out.push(be.u64(BigInt(offset) | (bytes ? 8n : 2n) | (same ? 0x20n : 0n)));
      if (!same) out.push(be.name(block));
      out.push(bytes ?? be.u8(0));
      last = block;
    }
    out.push(be.u64(0x10), footer(ramId));
  }
  for (const device of devices) full(device);
  const description = Buffer.from(JSON.stringify({ page_size: 4096, devices: described }));
  out.push(be.u8(0), be.u8(6), be.u32(description.length), description);
  return Buffer.concat(out);
}
