import type { Description, DeviceDescription } from './device-description.ts';
import { MigrationFormatError } from './migration-error.ts';

/** One element of a field: its bytes, and what they are made of if it is a structure. */
export interface FieldValue {
  readonly bytes: Uint8Array;
  readonly structure: Description | undefined;
}

/** The state of one device with the names of its parts: fields are found by name, never by place. */
export class DeviceSection {
  readonly name: string;
  readonly instance: number;
  /** Where its payload lies in the stream. */
  readonly offset: number;
  readonly #description: Description;
  readonly #payload: Uint8Array;

  constructor({ name, instance, ...description }: DeviceDescription, payload: Uint8Array, offset: number) {
    this.name = name;
    this.instance = instance;
    this.offset = offset;
    this.#description = description;
    this.#payload = payload;
  }

  /** Whether there is a field of that name. */
  has(name: string): boolean {
    return this.#description.fields.some((field) => field.name === name);
  }

  /** The unsigned number in a field of 1, 2, 4 or 8 bytes. */
  number(name: string): bigint {
    return this.#unsigned(this.#only(this.#root, name).bytes, name);
  }

  /** The numbers in an array of exactly `count` elements. */
  numbers(name: string, count: number): bigint[] {
    return this.#elements(this.#root, name, count).map((element) => this.#unsigned(element.bytes, name));
  }

  /** The numbers of the named members in each of exactly `count` structures. */
  structures<Member extends string>(name: string, members: readonly Member[], count: number): Record<Member, bigint>[] {
    return this.#elements(this.#root, name, count).map((element) => {
      const values = members.map((member) => {
        const { bytes } = this.#only(element, member);
        return [member, this.#unsigned(bytes, `${name}.${member}`)];
      });
      return Object.fromEntries(values) as Record<Member, bigint>;
    });
  }

  get #root(): FieldValue {
    return { bytes: this.#payload, structure: this.#description };
  }

  /** The elements of a field. An array is one field with a count, or, if its elements differ, as many fields of one name. */
  #elements({ bytes, structure }: FieldValue, name: string, count: number): FieldValue[] {
    const found: FieldValue[] = [];
    let at = 0;
    for (const field of structure?.fields ?? []) {
      if (field.name === name) {
        for (let i = 0; i < field.count && found.length <= count; i++) {
          const start = at + i * field.size;
          found.push({ bytes: bytes.subarray(start, start + field.size), structure: field.structure });
        }
      }
      at += field.size * field.count;
    }
    if (found.length !== count) throw this.#error('UNSUPPORTED', `has not ${count} of "${name}"`);
    return found;
  }

  #only(value: FieldValue, name: string): FieldValue {
    const [only] = this.#elements(value, name, 1);
    if (only === undefined) throw this.#error('UNSUPPORTED', `has no "${name}"`);
    return only;
  }

  #unsigned(bytes: Uint8Array, name: string): bigint {
    if (![1, 2, 4, 8].includes(bytes.length)) throw this.#error('CORRUPT', `"${name}" has ${bytes.length} bytes`);
    return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  #error(fault: 'CORRUPT' | 'UNSUPPORTED', message: string): MigrationFormatError {
    return new MigrationFormatError(fault, this.name, this.offset, message);
  }
}
