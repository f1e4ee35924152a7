import { CircuitBreaker } from '../../async/circuit-breaker.ts';
import type { InfluxClient } from '../../influx/influx-client.ts';
import { InfluxError, type InfluxFailure, isInfluxError } from '../../influx/influx-error.ts';
import type { Sourced } from '../dump-records.ts';
import { createInfluxQlReader } from './influxql-reader.ts';
import { describe } from './point-page.ts';
import type { Deadline, PointReader } from './point-reader.ts';
import { type ColumnMemory, createSqlReader } from './sql-reader.ts';

/** How long one request may take on the first way, and on all that follow together. */
export interface Budget {
  readonly firstMs: number;
  readonly restMs: number;
}

/** An answer of InfluxDB and the way it came, or why there is none. */
export type Asked<T> =
  | { readonly ok: true; readonly answer: T; readonly source: Sourced['source']; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly reason: string; readonly mend: string };

type Way = 'SQL' | 'INFLUXQL' | 'HTTP';

const descriptions: Record<Way, string> = {
  SQL: 'in SQL over Flight',
  INFLUXQL: 'in InfluxQL over Flight',
  HTTP: 'in InfluxQL over HTTP',
};

/** Where to go from a failure: another language where the query was the trouble, another channel where the channel was. */
function nextWays(way: Way, failure: InfluxFailure): Way[] {
  if (way === 'HTTP') return [];
  switch (failure) {
    case 'REFUSED':
    case 'TROUBLED':
    case 'NO_COLUMN':
      return way === 'SQL' ? ['INFLUXQL', 'HTTP'] : ['HTTP'];
    case 'UNREACHABLE':
    case 'TIMEOUT':
      return ['HTTP'];
    default:
      return [];
  }
}

const mends: Partial<Record<InfluxFailure, string>> = {
  UNAUTHORIZED: 'Set INFLUX_TOKEN to a token that may read this database.',
  FILE_LIMIT: 'Start InfluxDB with a higher --query-file-limit, or ask for a shorter range.',
  TOO_MUCH: 'Ask for a shorter range or a narrower filter.',
  UNREACHABLE: 'Check that InfluxDB runs and that INFLUX_URL is its address.',
  TIMEOUT: 'Check that InfluxDB is not overloaded.',
};

/** What a person can do about it. */
export function mendOf(failure: InfluxFailure): string {
  return mends[failure] ?? 'See the log of InfluxDB.';
}

/** After a channel was silent, nobody else has to wait for it for so long. */
const silenceMs = 15_000;

/**
 * The ways to InfluxDB's answers, tried in turn: SQL over Flight, InfluxQL over Flight, InfluxQL over HTTP. A channel that did
 * not answer is left alone for a while, so that only the first request waits for it.
 */
export function createWays(client: InfluxClient, elapsedMs?: () => number) {
  const columns: ColumnMemory = { complete: null };
  const breakers = {
    FLIGHT: new CircuitBreaker(silenceMs, elapsedMs),
    HTTP: new CircuitBreaker(silenceMs, elapsedMs),
  };
  const channel = (way: Way) => (way === 'HTTP' ? 'HTTP' : 'FLIGHT');

  function open(way: Way, deadline: Deadline): PointReader {
    if (way === 'SQL') return createSqlReader(client, columns, deadline);
    return createInfluxQlReader(client, way === 'HTTP' ? 'HTTP' : 'FLIGHT', deadline);
  }

  return {
    async ask<T>(budget: Budget, work: (reader: PointReader) => Promise<T>): Promise<Asked<T>> {
      await client.ready();
      const started = performance.now();
      let ways: Way[] = ['SQL'];
      let failure: unknown = new InfluxError('TIMEOUT', 'it has not responded lately');
      const warnings: string[] = [];
      for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
        const breaker = breakers[channel(way)];
        if (breaker.isOpen) {
          warnings.push(`InfluxDB was not asked ${descriptions[way]}: it has not answered there lately.`);
          if (way !== 'HTTP') ways = ['HTTP'];
          continue;
        }
        const deadline = createDeadline(started + budget.firstMs + (way === 'SQL' ? 0 : budget.restMs));
        const reader = open(way, deadline);
        try {
          const answer = await work(reader);
          return { ok: true, answer, source: reader.source, warnings };
        } catch (error) {
          // What is not InfluxDB's failure is the caller's, or ours.
          if (!isInfluxError(error)) throw error;
          // A channel that is silent says less of what is wrong than an answer on another one.
          if (isInfluxError(failure, 'TIMEOUT', 'UNREACHABLE')) failure = error;
          // Much to read is not silence.
          if (isInfluxError(error, 'TIMEOUT') && !deadline.wasHeard()) breaker.trip();
          warnings.push(`InfluxDB could not be asked ${descriptions[way]}: ${describe(error)}.`);
          ways = nextWays(way, error.failure);
        }
      }
      const mend = mendOf(isInfluxError(failure) ? failure.failure : 'TROUBLED');
      return { ok: false, reason: describe(failure), mend };
    },
  };
}

/** Ends at a moment of `performance.now()`. */
export function createDeadline(untilMs: number): Deadline & { wasHeard(): boolean } {
  let heard = false;
  return {
    left() {
      const left = Math.floor(untilMs - performance.now());
      if (left <= 0) throw new InfluxError('TIMEOUT', 'no answer in time');
      return left;
    },
    heard() {
      heard = true;
    },
    wasHeard: () => heard,
  };
}
