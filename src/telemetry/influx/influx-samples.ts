import type { Closable } from '../../domain/closable.ts';
import type { InfluxClient } from '../../influx/influx-client.ts';
import type { SampleStore } from '../sample-store.ts';
import { type SenderOptions, startLineSender } from './line-sender.ts';
import { readPoints } from './stats-reader.ts';
import { toLine } from './vm-stats.ts';

export interface InfluxSamples extends SampleStore, Closable {
  /** Resolves when no line waits any more. */
  settled(): Promise<void>;
}

export interface InfluxSamplesOptions extends SenderOptions {
  readonly host: string;
  /** How long reading may take: a person waits for a chart, and the ring has most of it. */
  readonly budgetMs?: number;
}

/** Samples in InfluxDB, in the measurement `vm_stats`. `append` waits for nothing. The client is the caller's to close. */
export function openInfluxSamples(client: InfluxClient, options: InfluxSamplesOptions): InfluxSamples {
  const { host, budgetMs = 3_000, ...sending } = options;
  const sender = startLineSender(client, sending);
  return {
    async append(samples) {
      sender.send(samples.map((sample) => toLine(sample, host)));
    },
    read: (query) => readPoints(client, query, budgetMs),
    settled: sender.settled,
    close: sender.close,
  };
}
