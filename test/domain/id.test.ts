import { expect, it } from 'vitest';
import { createIdSource, isUuid } from '../../src/domain/id.ts';

/** So many ids of a source, and the time in them. */
function take(createId: () => string, count: number): string[] {
  return Array.from({ length: count }, createId);
}

const timeOf = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

it('ids are UUIDs that sort in the order in which they were made, many in a millisecond, and across clocks that jump', () => {
  let now = Date.UTC(2026, 0, 1);
  const createId = createIdSource(() => now);
  const first = take(createId, 5_000);
  expect(first.every(isUuid)).toBe(true);
  expect(first[0]?.[14]).toBe('7');
  expect(timeOf(first[0] as string)).toBe(now);
  now += 3 * 86_400_000;
  const ahead = take(createId, 10);
  now -= 6 * 86_400_000;
  const ids = [...first, ...ahead, ...take(createId, 5_000)];
  expect(ids).toEqual([...new Set(ids)].sort());
});

it('ids of a server that starts with its clock set back come after those of the one before', () => {
  const now = Date.UTC(2026, 0, 1);
  const before = take(
    createIdSource(() => now),
    10,
  );
  const newest = before.at(-1) as string;
  for (const backMs of [0, 1, 3 * 86_400_000]) {
    const after = take(
      createIdSource(() => now - backMs, newest),
      5_000,
    );
    expect([...before, ...after]).toEqual([...before, ...after].sort());
  }
  // A clock that goes right is followed again.
  expect(timeOf(createIdSource(() => now + 10, newest)())).toBe(now + 10);
});
