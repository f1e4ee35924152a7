import { describe, expect, it } from 'vitest';
import { parseByteSize } from '../../src/domain/byte-size.ts';
import { fieldOf, isObject } from '../../src/domain/field.ts';
import { parseJson } from '../../src/domain/json.ts';
import { errorIn, refusalIn } from '../../src/domain/refusal.ts';

describe('a value of which nothing is known', () => {
  it.each([[null], [undefined], ['text'], [7]])('%j has no fields', (value) => {
    expect(isObject(value)).toBe(false);
    expect(fieldOf(value, 'length')).toBeUndefined();
  });

  it('has the fields of an object, and a list is none', () => {
    expect(fieldOf({ a: { b: 1 } }, 'a')).toEqual({ b: 1 });
    expect(fieldOf({}, 'a')).toBeUndefined();
    expect([isObject({}), isObject([])]).toEqual([true, false]);
  });

  it('is read from JSON, or is null where that is none', () => {
    expect([parseJson('{"a":[1]}'), parseJson('{"a":'), parseJson('')]).toEqual([{ a: [1] }, null, null]);
  });
});

describe('a size in words', () => {
  it.each([
    ['512', 512],
    [' 20G ', 20 * 2 ** 30],
    ['2TiB', 2 * 2 ** 40],
    ['3kb', 3 * 2 ** 10],
    ['0', 0],
    ['', null],
    ['G', null],
    ['-1', null],
    ['1.5G', null],
    ['1P', null],
    ['1234567890123456', null],
  ])('%j is %j bytes', (text, bytes) => expect(parseByteSize(text)).toBe(bytes));
});

describe('a refusal in a response', () => {
  const refused = { code: 'NOT_FOUND', message: 'there is no dump x', hint: 'Look again.' };

  it('is the first in the payload of any root', () => {
    expect(refusalIn({ a: null, b: { errors: [] }, c: { errors: [refused, { code: 'BAD_INPUT' }] } })).toMatchObject(
      refused,
    );
    expect(refusalIn({ a: { errors: [] }, b: 7 })).toBeNull();
  });

  it('has the catalogue’s advice where it brings none, and an unknown code is INTERNAL', () => {
    const error = refusalIn({ a: { errors: [{ code: 'OF_TOMORROW', message: 'new' }] } });
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'new', hint: expect.stringContaining('log') });
  });

  it('may be an error of the response itself', () => {
    expect(errorIn({ message: 'no', extensions: { code: 'FORBIDDEN' } }, '?')).toMatchObject({
      code: 'FORBIDDEN',
      message: 'no',
    });
    expect(errorIn({}, 'the server said nothing')).toMatchObject({
      code: 'INTERNAL',
      message: 'the server said nothing',
    });
  });
});
