/**
 * `after`, made of the parts of `before` that are equal: who shows a part that did not change gets the same object again and
 * need not be drawn. Both are answers in JSON; list items are matched by their place, or by `id` where they have one.
 */
export function shareUnchanged<T>(before: unknown, after: T): T {
  if (Object.is(before, after) || typeof before !== 'object' || typeof after !== 'object') return after;
  if (before === null || after === null || Array.isArray(before) !== Array.isArray(after)) return after;
  return (Array.isArray(after) ? shareList(before as unknown[], after) : shareFields(before, after)) as T;
}

function shareList(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  const byId = new Map(before.map((item, index) => [idOf(item) ?? index, item]));
  const shared = after.map((item, index) => shareUnchanged(byId.get(idOf(item) ?? index), item));
  return shared.length === before.length && shared.every((item, index) => item === before[index]) ? before : shared;
}

function shareFields(before: object, after: object): object {
  const old = before as Record<string, unknown>;
  const names = Object.keys(after);
  const shared = Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, shareUnchanged(old[name], value)]),
  );
  const same = names.length === Object.keys(before).length && names.every((name) => shared[name] === old[name]);
  return same ? before : shared;
}

const idOf = (item: unknown): unknown =>
  typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined;
