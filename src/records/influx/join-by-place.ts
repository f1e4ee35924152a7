import { comparePlaces, type PointEntry } from './point-reader.ts';

const oldestFirst = comparePlaces({ by: 'TIME', direction: 'ASC' });

/** Two lists in the order of time and id as one: each place once, with what stands there in the first, the second, or both. */
export async function* joinByPlace(
  first: AsyncGenerator<PointEntry, void, void>,
  second: AsyncGenerator<PointEntry, void, void>,
): AsyncGenerator<readonly [PointEntry | null, PointEntry | null], void, void> {
  const take = async (list: AsyncGenerator<PointEntry, void, void>) => (await list.next()).value ?? null;
  try {
    let [a, b] = [await take(first), await take(second)];
    while (a !== null || b !== null) {
      const order = a === null ? 1 : b === null ? -1 : oldestFirst(a, b);
      yield [order <= 0 ? a : null, order >= 0 ? b : null];
      if (order <= 0) a = await take(first);
      if (order >= 0) b = await take(second);
    }
  } finally {
    await first.return();
    await second.return();
  }
}
