import { backOffMs } from '../../async/back-off.ts';
import { pause } from '../../async/pause.ts';
import { Wake } from '../../async/wake.ts';
import type { Closable } from '../../domain/closable.ts';
import type { InfluxClient } from '../../influx/influx-client.ts';
import { isInfluxError } from '../../influx/influx-error.ts';
import type { Sample } from '../sample.ts';
import { statsFields, statsTable, statsTags, toLine } from './vm-stats.ts';

/** Where the samples wait that InfluxDB has not accepted. */
export interface Unsent {
  unsent(maxSamples: number): Promise<{ readonly upToSeq: number; readonly samples: readonly Sample[] } | null>;
  accept(upToSeq: number): Promise<void>;
}

export interface StatsSenderOptions {
  readonly host: string;
  /** The first pause after a failure; it doubles up to `longestPauseMs`. */
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
  /** Called when sending begins to fail, and when it works again, with the number of samples that were refused in between. */
  readonly failing: (error: unknown) => void;
  readonly recovered: (lost: number) => void;
}

export interface StatsSender extends Closable {
  /** There is something new. */
  wake(): void;
  /** Resolves when nothing waits any more. */
  settled(): Promise<void>;
}

const samplesOfAWrite = 5_000;

/**
 * Sends what the ring keeps to InfluxDB, in order, one write at a time; what was accepted is noted in the ring, so that neither an
 * outage nor an end of this process loses any of it while the ring has it. Memory holds one write. What InfluxDB refuses for
 * what it is, is given up. The table is made first, so that every column is there from the beginning.
 */
export function startStatsSender(client: InfluxClient, ring: Unsent, options: StatsSenderOptions): StatsSender {
  const { host, firstPauseMs = 10_000, longestPauseMs = 120_000, failing, recovered } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const wake = new Wake();
  const settling: (() => void)[] = [];
  let isTableMade = false;
  let isFailing = false;
  let lost = 0;
  let failures = 0;
  let size = samplesOfAWrite;

  async function makeTable(): Promise<void> {
    if (isTableMade) return;
    try {
      await client.createTable(statsTable, statsTags, statsFields, signal);
      isTableMade = true;
    } catch (error) {
      // The write itself says what is wrong; a server that makes no tables by order makes them when it is written to.
      if (!isInfluxError(error, 'UNREACHABLE', 'TIMEOUT', 'TROUBLED', 'UNAUTHORIZED')) isTableMade = true;
    }
  }

  /** Sends the oldest; false when there is nothing. */
  async function sendNext(): Promise<boolean> {
    const batch = await ring.unsent(size);
    if (batch === null) return false;
    const { upToSeq, samples } = batch;
    try {
      await makeTable();
      if (samples.length > 0)
        await client.write(
          samples.map((sample) => toLine(sample, host)),
          signal,
        );
      size = samplesOfAWrite;
    } catch (error) {
      if (!isInfluxError(error, 'BAD_LINE', 'TOO_MUCH')) throw error;
      const isOneRound = size === 1;
      // All or nothing: round by round, only the one that is refused is given up.
      size = 1;
      if (!isOneRound) return true;
      lost += samples.length;
      begin(error);
    }
    await ring.accept(upToSeq);
    if (size === samplesOfAWrite) end();
    return true;
  }

  function begin(error: unknown): void {
    if (!isFailing) failing(error);
    isFailing = true;
  }

  function end(): void {
    failures = 0;
    if (isFailing) recovered(lost);
    isFailing = false;
    lost = 0;
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        // Who asks while this looks wants to hear of a later look.
        const asking = settling.length;
        if (await sendNext()) continue;
        for (const resolve of settling.splice(0, asking)) resolve();
        await wake.wait();
      } catch (error) {
        if (signal.aborted) return;
        begin(error);
        failures += 1;
        await pause(backOffMs(failures, { minDelayMs: firstPauseMs, maxDelayMs: longestPauseMs }), signal);
      }
    }
  }
  const running = run();

  return {
    wake: () => wake.knock(),
    settled: () =>
      new Promise((resolve) => {
        settling.push(resolve);
        wake.knock();
      }),
    async close() {
      closing.abort();
      wake.knock();
      await running;
      for (const resolve of settling) resolve();
    },
  };
}
