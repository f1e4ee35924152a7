import type { Outbox } from '../../src/influx/outbox/outbox.ts';
import type { RecordCatalogue } from '../../src/records/dump-records.ts';

const here = { source: 'CATALOGUE', warnings: [] } as const;

/** The catalogue of a server that has recorded nothing. */
export const emptyCatalogue: RecordCatalogue = {
  append: async () => {
    throw new Error('nothing is recorded here');
  },
  get: async (ids) => ids.map(() => null),
  page: async () => ({ rows: [], hasNext: false, hasPrevious: false, ...here }),
  count: async () => ({ total: 0, ...here }),
  stats: async () => ({
    totalDumps: 0,
    totalVms: 0,
    totalSizeBytes: 0,
    avgDurationSec: null,
    lastDumpUs: null,
    ...here,
  }),
  series: async () => ({ days: [], ...here }),
  machines: async () => ({ machines: [], ...here }),
};

/** An outbox that everything has left. */
export const emptyOutbox: Pick<Outbox, 'settled' | 'held'> = {
  settled: async () => {},
  held: async () => ({ waiting: [], dead: [], more: false, overflowed: 0 }),
};

/** Lacks nothing, and minds if it is said to. */
export const complete = {
  isLacking: () => false,
  tolerated: () => 0,
  missing() {
    throw new Error('InfluxDB lacks records');
  },
};
