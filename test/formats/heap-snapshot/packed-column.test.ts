import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedColumn } from '../../../src/formats/heap-snapshot/packed-column.ts';

const columnOf = (values: readonly number[], packed: boolean): PackedColumn => {
  const column = new PackedColumn(values.length, packed);
  for (const value of values) column.push(value);
  return column;
};

describe('a packed column', () => {
  it('answers what was written, in any order, packed and not', () => {
    const numbers = fc.oneof(fc.nat(300), fc.nat(), fc.constantFrom(0xffff_fffe, 0xffff_ffff, 2 ** 32, 5_000_000_000));
    fc.assert(
      fc.property(fc.array(numbers, { maxLength: 50 }), fc.boolean(), (values, packed) => {
        const column = columnOf(values, packed);
        expect([...column.toArray()]).toEqual(values);
        for (const at of [...values.keys()].reverse()) expect(column.at(at)).toBe(values[at]);
        expect(column.at(values.length)).toBe(0);
      }),
    );
  });

  it('goes to and fro between its blocks', () => {
    const values = Array.from({ length: 140_000 }, (_, at) => (at * 7919) % 100_003);
    for (const packed of [true, false]) {
      const column = columnOf(values, packed);
      for (let at = 0; at < 12; at++) {
        const place = (at * 65_521) % values.length;
        expect(column.at(place)).toBe(values[place]);
      }
      expect(Buffer.from(column.toArray().buffer).equals(Buffer.from(Uint32Array.from(values).buffer))).toBe(true);
    }
  });
});
