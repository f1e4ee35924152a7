import { statfs } from 'node:fs/promises';
import type { AlertSource } from './alert-source.ts';

const dayMs = 86_400_000;
/** A trend needs a day at least: a single dump is none. */
const shortestSpanMs = dayMs;
/** What is older says little of the rate of now. */
export const trendMs = 7 * dayMs;

export interface FreeSpaceSample {
  readonly atMs: number;
  readonly freeBytes: number;
}

/** Days until nothing is free at the rate of these samples (least squares); null where it does not shrink, or they say too little. */
export function daysUntilFull(samples: readonly FreeSpaceSample[]): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.atMs - first.atMs < shortestSpanMs) return null;
  const meanAt = samples.reduce((sum, { atMs }) => sum + atMs, 0) / samples.length;
  const meanFree = samples.reduce((sum, { freeBytes }) => sum + freeBytes, 0) / samples.length;
  let covariance = 0;
  let variance = 0;
  for (const { atMs, freeBytes } of samples) {
    covariance += (atMs - meanAt) * (freeBytes - meanFree);
    variance += (atMs - meanAt) ** 2;
  }
  const bytesPerMs = covariance / variance;
  return bytesPerMs >= 0 ? null : last.freeBytes / -bytesPerMs / dayMs;
}

export interface DiskFillingOptions {
  readonly folder: string;
  /** Fewer days than this are an alert. */
  readonly days: number;
  /** Keeps a sample, and answers those of the last `trendMs`, oldest first. */
  readonly sample: (folder: string, sample: FreeSpaceSample) => Promise<readonly FreeSpaceSample[]>;
  readonly now?: () => number;
  readonly freeBytes?: (folder: string) => Promise<number>;
}

async function freeOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** The dump folder’s disk will be full within some days if it goes on like this. */
export function diskFilling({
  folder,
  days,
  sample,
  now = Date.now,
  freeBytes = freeOf,
}: DiskFillingOptions): AlertSource {
  return {
    kind: 'DISK_FILLING',
    async look() {
      const samples = await sample(folder, { atMs: now(), freeBytes: await freeBytes(folder) });
      const left = daysUntilFull(samples);
      if (left === null || left >= days) return [];
      const when =
        left < 1 ? 'less than a day' : `about ${Math.round(left)} ${Math.round(left) === 1 ? 'day' : 'days'}`;
      const message = `The disk of ${folder} will be full in ${when} at the rate of the last week.`;
      return [{ kind: 'DISK_FILLING', subject: folder, machine: null, message }];
    },
  };
}
