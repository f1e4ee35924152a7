import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../src/domain/name-pattern.ts';

describe('a pattern of names', () => {
  it.each([
    ['*', '', true],
    ['web-*', 'web-01', true],
    ['web-?', 'web-01', false],
    ['*-01', 'web-01', true],
    ['w*b*1', 'web-01', true],
    ['web', 'web-01', false],
    ['WEB-*', 'web-01', false],
    ['?', '😀', true],
    ['[a-z].*', 'abc', false],
    ['a.c', 'abc', false],
  ])('matches %s against %s: %s', (pattern, name, matches) => {
    expect(matchesPattern(pattern, name)).toBe(matches);
  });

  it('is not kept busy by a pattern of many stars', () => {
    expect(matchesPattern(`${'*a'.repeat(90)}b`, 'a'.repeat(5_000))).toBe(false);
  });
});
