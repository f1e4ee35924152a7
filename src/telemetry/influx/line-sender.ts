import { setTimeout as sleep } from 'node:timers/promises';
import type { Closable } from '../../domain/closable.ts';
import type { InfluxClient } from '../../influx/influx-client.ts';
import { isInfluxError } from '../../influx/influx-error.ts';
import { statsFields, statsTable, statsTags } from './vm-stats.ts';

export interface SenderOptions {
  /** Lines that wait at most; beyond them the oldest are lost. */
  readonly maxLines?: number;
  /** The first pause after a failure; it doubles up to `longestPauseMs`. */
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
  /** Called when sending begins to fail, and when it works again, with the number of lines that were lost in between. */
  readonly failing: (error: unknown) => void;
  readonly recovered: (lost: number) => void;
}

export interface LineSender extends Closable {
  send(lines: readonly string[]): void;
  /** Resolves when nothing waits any more, sent or lost. */
  settled(): Promise<void>;
}

const linesOfAWrite = 5_000;

/**
 * Sends lines in the background, in order, one write at a time. What InfluxDB does not take for a while waits in memory, a bounded
 * number of lines; what it refuses is lost. It makes the table first, so that every column is there from the beginning.
 */
export function startLineSender(client: InfluxClient, options: SenderOptions): LineSender {
  const { maxLines = 50_000, firstPauseMs = 10_000, longestPauseMs = 120_000, failing, recovered } = options;
  const closing = new AbortController();
  const { signal } = closing;
  let waiting: string[] = [];
  let running: Promise<void> | undefined;
  let isTableMade = false;
  let isFailing = false;
  let lost = 0;

  async function makeTable(): Promise<void> {
    if (isTableMade) return;
    try {
      await client.createTable(statsTable, statsTags, statsFields);
      isTableMade = true;
    } catch (error) {
      // The write itself says what is wrong; a server that makes no tables by order makes them when it is written to.
      if (!isInfluxError(error, 'UNREACHABLE', 'TIMEOUT', 'TROUBLED', 'UNAUTHORIZED')) isTableMade = true;
    }
  }

  async function run(): Promise<void> {
    let pauseMs = firstPauseMs;
    while (waiting.length > 0 && !signal.aborted) {
      const lines = waiting.slice(0, linesOfAWrite);
      try {
        await makeTable();
        await client.write(lines, signal);
        drop(lines);
        pauseMs = firstPauseMs;
        if (isFailing) recovered(lost);
        isFailing = false;
        lost = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!isFailing) failing(error);
        isFailing = true;
        // These lines are refused now and always would be: the next ones may be others.
        if (isInfluxError(error, 'BAD_LINE', 'TOO_MUCH')) lost += drop(lines);
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
  }

  /** Takes out those that are still there: the oldest may have been pushed out meanwhile. */
  function drop(lines: readonly string[]): number {
    const sent = new Set(lines);
    waiting = waiting.filter((line) => !sent.has(line));
    return lines.length;
  }

  return {
    send(lines) {
      if (signal.aborted) return;
      waiting.push(...lines);
      if (waiting.length > maxLines) {
        lost += waiting.length - maxLines;
        waiting = waiting.slice(-maxLines);
      }
      running ??= run().finally(() => {
        running = undefined;
      });
    },
    settled: async () => {
      while (running !== undefined) await running;
    },
    async close() {
      // Whoever waits for InfluxDB at the end waits for nothing: what it has not taken by now is lost.
      closing.abort();
      waiting = [];
    },
  };
}
