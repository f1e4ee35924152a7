/** What is known of a process's memory at one capture; null for uploads. */
export interface Measured {
  readonly id: string;
  readonly takenAt: string;
  readonly usedHeapBytes: number | null;
  readonly rssBytes: number | null;
  readonly externalBytes: number | null;
  readonly rawSizeBytes: number;
}

export interface GrowthLine {
  readonly name: string;
  /** Points in a square from 0 to 100; y grows downwards. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly last: number;
  /** Bytes per hour from the first to the last; null for captures at one moment. */
  readonly perHour: number | null;
}

export interface Growth {
  readonly lines: readonly GrowthLine[];
  readonly topBytes: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

const figures = [
  { name: 'Heap', of: (one: Measured) => one.usedHeapBytes ?? (one.rssBytes === null ? one.rawSizeBytes : null) },
  { name: 'Outside of the heap', of: (one: Measured) => one.externalBytes },
  { name: 'Whole process', of: (one: Measured) => one.rssBytes },
] as const;

/** How a service's memory grew over its captures; null for fewer than two moments. */
export function growthOf(captures: readonly Measured[]): Growth | null {
  const known = captures
    .map((one) => ({ one, ms: Date.parse(one.takenAt) }))
    .sort((a, b) => a.ms - b.ms || a.one.id.localeCompare(b.one.id));
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined || first.ms === last.ms) return null;
  const all = figures.flatMap(({ of }) => known.flatMap(({ one }) => of(one) ?? []));
  const topBytes = Math.max(1, ...all);
  const span = last.ms - first.ms;
  const lines = figures.flatMap(({ name, of }): GrowthLine[] => {
    const values = known.flatMap(({ one, ms }) => {
      const bytes = of(one);
      return bytes === null ? [] : [{ ms, bytes }];
    });
    const [begin, end] = [values[0], values.at(-1)];
    if (begin === undefined || end === undefined) return [];
    const hours = (end.ms - begin.ms) / 3_600_000;
    return [
      {
        name,
        points: values.map(({ ms, bytes }) => ({
          x: ((ms - first.ms) / span) * 100,
          y: 100 - (bytes / topBytes) * 100,
        })),
        last: end.bytes,
        perHour: hours === 0 ? null : (end.bytes - begin.bytes) / hours,
      },
    ];
  });
  return { lines, topBytes, fromMs: first.ms, untilMs: last.ms };
}
