import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uuid } from '../../src/libvirt/protocol/handles.ts';
import { parameterValues, typedParameters } from '../../src/libvirt/protocol/typed-parameters.ts';
import { boundedString, charArray, fixedOpaque, opaque } from '../../src/libvirt/xdr/bytes.ts';
import type { Codec } from '../../src/libvirt/xdr/codec.ts';
import { array, optional, struct } from '../../src/libvirt/xdr/compound.ts';
import { XdrReader } from '../../src/libvirt/xdr/reader.ts';
import { bool, double, hyper, int, unsignedHyper, unsignedInt } from '../../src/libvirt/xdr/scalars.ts';
import { XdrWriter } from '../../src/libvirt/xdr/writer.ts';

function encode<T>(codec: Codec<T>, value: T, limit = 1 << 20): Buffer {
  const writer = new XdrWriter(limit);
  codec.encode(writer, value);
  return writer.finish();
}

function decode<T>(codec: Codec<T>, bytes: Buffer): T {
  const reader = new XdrReader(bytes);
  const value = codec.decode(reader);
  reader.end();
  return value;
}

const invalid = expect.objectContaining({ code: 'INVALID_VALUE' });
const malformed = expect.objectContaining({ code: 'PROTOCOL' });

describe('XDR', () => {
  it.each<[string, Codec<unknown>, unknown, string]>([
    ['int -2', int as Codec<unknown>, -2, 'fffffffe'],
    ['unsigned int', unsignedInt as Codec<unknown>, 0xfffffffe, 'fffffffe'],
    ['hyper', hyper as Codec<unknown>, -2n, 'fffffffffffffffe'],
    ['unsigned hyper', unsignedHyper as Codec<unknown>, 2n ** 63n, '8000000000000000'],
    ['double', double as Codec<unknown>, -1.5, 'bff8000000000000'],
    ['bool', bool as Codec<unknown>, true, '00000001'],
    ['string with padding', boundedString(9) as Codec<unknown>, 'ünï', '00000005c3bc6ec3af000000'],
    ['empty string', boundedString(9) as Codec<unknown>, '', '00000000'],
    ['no value', optional(int) as Codec<unknown>, null, '00000000'],
    ['a value', optional(int) as Codec<unknown>, 7, '0000000100000007'],
    ['array', array(int, 3) as Codec<unknown>, [1, 2], '000000020000000100000002'],
    ['char array', charArray(3) as Codec<unknown>, 'hi', '000000680000006900000000'],
    ['uuid', uuid as Codec<unknown>, '9692bd0d-a89c-4e30-9b31-0057a03b2a5c', '9692bd0da89c4e309b310057a03b2a5c'],
  ])('encodes and decodes %s as RFC 4506 has it', (_what, codec, value, hex) => {
    expect(encode(codec, value).toString('hex')).toBe(hex);
    expect(decode(codec, Buffer.from(hex, 'hex'))).toEqual(value);
  });

  it('gives back whatever it was given', () => {
    const everything = struct({
      i: int,
      u: unsignedInt,
      h: hyper,
      uh: unsignedHyper,
      d: double,
      b: bool,
      s: boundedString(1000),
      o: opaque(1000),
      f: fixedOpaque(5),
      maybe: optional(boundedString(1000)),
      list: array(struct({ name: boundedString(1000), id: int }), 50),
    });
    const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0'));
    const bytes = (length: number, minLength = 0) => fc.uint8Array({ minLength, maxLength: length });
    const values = fc.record({
      i: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      u: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      h: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      uh: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      d: fc.double(),
      b: fc.boolean(),
      s: text,
      o: bytes(40),
      f: bytes(5, 5),
      maybe: fc.option(text),
      list: fc.array(fc.record({ name: text, id: fc.integer({ min: 0, max: 9 }) }), { maxLength: 10 }),
    });
    fc.assert(
      fc.property(values, (value) => {
        const encoded = encode(everything, value);
        expect(encoded.length % 4).toBe(0);
        expect(decode(everything, encoded)).toEqual(value);
      }),
    );
  });

  it('carries every type of parameter', () => {
    const codec = typedParameters(10);
    const parameters = [
      { field: 'a', type: 'int', value: -1 },
      { field: 'b', type: 'unsignedInt', value: 4_000_000_000 },
      { field: 'c', type: 'hyper', value: -(2n ** 40n) },
      { field: 'd', type: 'unsignedHyper', value: 2n ** 63n },
      { field: 'e', type: 'double', value: 0.25 },
      { field: 'f', type: 'bool', value: true },
      { field: 'g', type: 'string', value: 'text' },
    ] as const;
    expect(decode(codec, encode(codec, parameters))).toEqual(parameters);
    expect(parameterValues(parameters).get('d')).toBe(2n ** 63n);
  });

  it.each<[string, () => unknown]>([
    ['an int beyond 32 bits', () => encode(int, 2 ** 31)],
    ['an int that is no integer', () => encode(int, 1.5)],
    ['a negative unsigned int', () => encode(unsignedInt, -1)],
    ['a hyper beyond 64 bits', () => encode(hyper, 2n ** 63n)],
    ['an unsigned hyper that is a number', () => encode(unsignedHyper, 5 as unknown as bigint)],
    ['a string beyond its limit in bytes, not characters', () => encode(boundedString(3), 'üü')],
    ['a string with a NUL', () => encode(boundedString(9), 'a\0b')],
    ['a missing string', () => encode(boundedString(9), undefined as unknown as string)],
    ['an opaque beyond its limit', () => encode(opaque(2), new Uint8Array(3))],
    ['fixed bytes of another length', () => encode(fixedOpaque(2), new Uint8Array(3))],
    ['an array beyond its limit', () => encode(array(int, 2), [1, 2, 3])],
    ['a UUID that is none', () => encode(uuid, 'x')],
    [
      'an unknown type of parameter',
      () => encode(typedParameters(1), [{ field: 'a', type: 'short' as 'int', value: 1 }]),
    ],
    ['a message beyond its limit', () => encode(boundedString(1000), 'x'.repeat(500), 400)],
  ])('refuses to send %s', (_what, attempt) => {
    expect(attempt).toThrow(invalid);
  });

  it.each<[string, Codec<unknown>, string]>([
    ['an end within an int', int as Codec<unknown>, '000000'],
    ['a string longer than its limit', boundedString(4) as Codec<unknown>, '00000005'],
    ['a string longer than the message', boundedString(1 << 30) as Codec<unknown>, '3fffffff'],
    ['a string whose padding is missing', boundedString(9) as Codec<unknown>, '0000000161'],
    ['an array longer than its limit', array(int, 4) as Codec<unknown>, '00000005'],
    ['an array longer than the message', array(int, 1 << 30) as Codec<unknown>, '3fffffff00000001'],
    ['a bool of 2', bool as Codec<unknown>, '00000002'],
    ['an optional of 2', optional(int) as Codec<unknown>, '0000000200000000'],
    ['a parameter of type 8', typedParameters(4) as Codec<unknown>, '00000001000000016100000000000008'],
    ['bytes behind the end', int as Codec<unknown>, '0000000100'],
  ])('refuses to read %s', (_what, codec, hex) => {
    expect(() => decode(codec, Buffer.from(hex, 'hex'))).toThrow(malformed);
  });
});
