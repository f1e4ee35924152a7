/** A function in a tree of calls, as the server sends it: behind its caller, with its depth. */
export interface CallRow {
  readonly name: string;
  readonly script: string;
  readonly line: number;
  readonly selfBytes: number;
  readonly depth: number;
}

/** A function with all that it and what it calls allocated, and where that stands in the whole. */
export interface Flame extends CallRow {
  /** Number of its row, which names it. */
  readonly index: number;
  readonly totalBytes: number;
  /** Between 0 and 1, of the whole. */
  readonly from: number;
  readonly share: number;
}

/** Rows as flames: callees beside each other below their caller, the largest first. */
export function flamesOf(rows: readonly CallRow[]): Flame[] {
  const totals = rows.map(({ selfBytes }) => selfBytes);
  const parents: (number | null)[] = [];
  const open: number[] = [];
  for (const [index, { depth }] of rows.entries()) {
    open.length = Math.min(open.length, depth);
    parents.push(open.at(-1) ?? null);
    open.push(index);
  }
  for (let index = rows.length - 1; index >= 0; index--) {
    const parent = parents[index];
    if (parent != null) totals[parent] = (totals[parent] ?? 0) + (totals[index] ?? 0);
  }
  const whole = totals[0] ?? 0;
  if (whole === 0) return [];
  const children = new Map<number | null, number[]>();
  for (const [index, parent] of parents.entries()) children.set(parent, [...(children.get(parent) ?? []), index]);
  const flames: Flame[] = [];
  const place = (index: number, from: number) => {
    const row = rows[index];
    const totalBytes = totals[index] ?? 0;
    if (row === undefined || totalBytes === 0) return;
    flames.push({ ...row, index, totalBytes, from, share: totalBytes / whole });
    let at = from;
    for (const child of (children.get(index) ?? []).toSorted((a, b) => (totals[b] ?? 0) - (totals[a] ?? 0))) {
      place(child, at);
      at += (totals[child] ?? 0) / whole;
    }
  };
  place(0, 0);
  return flames;
}

/** Only what one flame and its callees have, as if it were the whole; with its callers above it, as wide as it is. */
export function zoomed(flames: readonly Flame[], index: number | null): Flame[] {
  const top = flames.find((flame) => flame.index === index);
  if (top === undefined) return [...flames];
  const end = top.from + top.share;
  // What is computed by adding shares up is not exact.
  const slack = 1e-9;
  return flames.flatMap((flame) => {
    const isCaller =
      flame.depth < top.depth && flame.from <= top.from + slack && flame.from + flame.share >= end - slack;
    if (isCaller) return [{ ...flame, from: 0, share: 1 }];
    const isInside =
      flame.depth >= top.depth && flame.from >= top.from - slack && flame.from + flame.share <= end + slack;
    if (!isInside) return [];
    return [{ ...flame, from: (flame.from - top.from) / top.share, share: flame.share / top.share }];
  });
}

/** The functions that allocated most themselves, whoever called them. */
export function largest(flames: readonly Flame[], count: number): CallRow[] {
  const sums = new Map<string, CallRow>();
  for (const { name, script, line, selfBytes, depth } of flames) {
    const key = `${name} ${script}:${line}`;
    sums.set(key, { name, script, line, depth, selfBytes: (sums.get(key)?.selfBytes ?? 0) + selfBytes });
  }
  return [...sums.values()]
    .filter(({ selfBytes }) => selfBytes > 0)
    .sort((a, b) => b.selfBytes - a.selfBytes)
    .slice(0, count);
}
