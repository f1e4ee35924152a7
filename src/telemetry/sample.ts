import type { MachineState } from '../machines/machine.ts';

/** What is measured of a machine, in the order in which everything lists it. */
export const measures = [
  'cpuPercent',
  'memoryBytes',
  'memoryUsedBytes',
  'memoryRssBytes',
  'blockReadBytesPerSecond',
  'blockWriteBytesPerSecond',
  'networkReceiveBytesPerSecond',
  'networkTransmitBytesPerSecond',
] as const;

export type Measure = (typeof measures)[number];

/**
 * Values of the measures; null is what nobody knows. A rate is over the time since the machine's last reading: unknown for the
 * first one, after a restart of the machine, and after a gap. `cpuPercent` is the share of all of its virtual CPUs; the
 * emulator's own threads count too, so that it may be a little above 100.
 */
export type Values = Readonly<Record<Measure, number | null>>;

/** The values of all measures, each from its measure. */
export function valuesOf(read: (measure: Measure) => number | null): Values {
  return Object.fromEntries(measures.map((measure) => [measure, read(measure)])) as Values;
}

/** One machine at one moment. */
export interface Sample extends Values {
  readonly machineId: string;
  readonly name: string;
  readonly vmid: string;
  readonly state: MachineState;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/** All machines that were on, at one moment. The same object for everybody who watches. */
export interface Round {
  readonly atMs: number;
  readonly samples: readonly Sample[];
}

/** The samples of one stretch of time together: means, and the highest CPU value of a single sample. */
export interface Point extends Values {
  /** Epoch milliseconds of the stretch's beginning: a multiple of its length. */
  readonly atMs: number;
  readonly cpuPeakPercent: number | null;
  /** How many samples they are the mean of. */
  readonly samples: number;
}
