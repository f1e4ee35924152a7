import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, columnsOf, fit, plain, seconds, table } from '../../src/cli/text.ts';
import { anyText } from '../contracts/any-text.ts';
import { hostileNames } from '../contracts/sample-records.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about.
const dangerous = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe('text from outside', () => {
  it('reaches a terminal as text, whatever it is', () => {
    for (const name of hostileNames) expect(plain(name)).not.toMatch(dangerous);
    fc.assert(fc.property(anyText(), (text) => !dangerous.test(plain(text))));
    expect(plain('\u001b[31mred\u001b[0m')).toBe('\\u001b[31mred\\u001b[0m');
    expect(plain('ünïcödé 🦊')).toBe('ünïcödé 🦊');
  });

  it('is cut so that it takes no more columns than there are, whatever its signs', () => {
    fc.assert(
      fc.property(anyText(), fc.nat(40), (text, columns) => columnsOf(fit(plain(text), columns + 1)) <= columns + 1),
    );
    expect([columnsOf('web'), columnsOf('数据库'), columnsOf('e\u0301'), columnsOf('🦊')]).toEqual([3, 6, 1, 2]);
    expect([fit('数据库', 6), fit('数据库', 5), fit('数据库', 4)]).toEqual(['数据库', '数据…', '数…']);
  });

  it('does not break a table', () => {
    const text = table(
      ['NAME', 'N'],
      [
        ['two\nlines', 1],
        ['tab\t', null],
      ],
    );
    expect(text.split('\n')).toHaveLength(3);
    expect(text).toBe(['NAME            N', 'two\\u000alines  1', 'tab\\u0009       -'].join('\n'));
  });
});

describe('figures', () => {
  it('are for people', () => {
    expect([0, 1023, 1024, 1536, 200 * 1024 * 1024, 1024 ** 3].map(bytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.5 KiB',
      '200 MiB',
      '1.0 GiB',
    ]);
    expect([0.42, 12.3, 119, 200].map(seconds)).toEqual(['0.4 s', '12 s', '119 s', '3 min 20 s']);
  });
});
