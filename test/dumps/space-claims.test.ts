import { expect, it } from 'vitest';
import { SpaceClaims } from '../../src/dumps/space-claims.ts';

it('a dump needs room for itself and for what those before it have not written yet', () => {
  const claims = new SpaceClaims();
  const first = claims.take(100);
  expect(first.withOthers).toBe(100);
  first.written(30);
  const second = claims.take(50);
  expect(second.withOthers).toBe(50 + 70);
  first.written(130);
  expect(claims.take(10).withOthers).toBe(10 + 50);
  second[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(claims.take(10).withOthers).toBe(10 + 10);
});
