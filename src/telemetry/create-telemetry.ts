import type { Database } from '../database/database.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import type { InfluxClient } from '../influx/influx-client.ts';
import type { Hypervisor } from '../machines/hypervisor.ts';
import { createStatsReader } from './influx/stats-reader.ts';
import { startStatsSender } from './influx/stats-sender.ts';
import { createPointsSource } from './points-source.ts';
import type { Round, Sample } from './sample.ts';
import { type SamplerTimes, staleAfterMs, startSampler } from './sampler.ts';
import { checkSeriesQuery, intervalMs } from './series-query.ts';
import { openRing } from './sqlite/ring.ts';
import type { Telemetry } from './telemetry.ts';

export interface TelemetryParts {
  readonly database: Database;
  readonly hypervisor: Pick<Hypervisor, 'measure' | 'host'>;
  /** Where samples go beside the ring; null without InfluxDB. */
  readonly influx: InfluxClient | null;
  readonly log: { warn(fields: object, message: string): void };
  readonly times?: SamplerTimes;
}

const usualTimes: SamplerTimes = { everyMs: intervalMs, timeoutMs: 8_000, abandonMs: 60_000 };

const maxMachines = 1000;
/** Points of one answer for all of its machines. */
const maxAnswer = 200_000;

/** Opens the ring and begins to measure. It is closed before database, hypervisor and client. */
export async function createTelemetry(parts: TelemetryParts): Promise<Telemetry> {
  const { database, hypervisor, influx, log, times = usualTimes } = parts;
  const ring = await openRing(database, { intervalMs: times.everyMs, publish: influx !== null });
  const sender =
    influx &&
    startStatsSender(influx, ring, {
      host: hypervisor.host,
      failing: (err) => log.warn({ err }, 'InfluxDB does not take telemetry; it waits in the embedded ring'),
      recovered: (lost) => log.warn({ lost }, 'InfluxDB accepts telemetry again'),
    });
  const answer = createPointsSource(ring, influx && createStatsReader(influx));
  const listeners = new Set<(round: Round) => void>();
  let newest: { readonly round: Round; readonly clockMs: number; readonly byId: Map<string, Sample> } | undefined;
  let writing = Promise.resolve();
  let unwritten = 0;
  let isWritingFailing = false;

  function keep(samples: readonly Sample[]): void {
    // A disk that does not keep up loses samples; it does not gather them.
    if (unwritten > 2) return;
    unwritten += 1;
    writing = ring
      .append(samples)
      .then(
        () => {
          isWritingFailing = false;
          sender?.wake();
        },
        (err: unknown) => {
          if (!isWritingFailing) log.warn({ err }, 'telemetry cannot be kept');
          isWritingFailing = true;
        },
      )
      .finally(() => {
        unwritten -= 1;
      });
  }

  const sampler = startSampler({
    hypervisor,
    times,
    round(round) {
      const byId = new Map(round.samples.map((sample) => [sample.machineId, sample]));
      newest = { round, clockMs: performance.now(), byId };
      keep(round.samples);
      for (const listener of listeners) listener(round);
    },
    failed: (err) => log.warn({ err }, 'machine statistics are unavailable'),
  });
  const fresh = () =>
    newest !== undefined && performance.now() - newest.clockMs <= staleAfterMs(times.everyMs) ? newest : undefined;

  return {
    latest: (machineId) => fresh()?.byId.get(machineId) ?? null,
    latestRound: () => fresh()?.round ?? null,
    watch(listener) {
      // Its own function for each, so that one listener may be there twice.
      const own = (round: Round) => listener(round);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    async series(machineIds, query) {
      const checked = checkSeriesQuery(query, Date.now());
      const { fromMs, untilMs, resolutionMs } = checked;
      if (machineIds.length > maxMachines) throw new MemoirError('BAD_INPUT', `more than ${maxMachines} machines`);
      const points = ((untilMs - fromMs) / resolutionMs) * machineIds.length;
      if (points > maxAnswer)
        throw new MemoirError('LIMIT_EXCEEDED', `the series have ${points} points, more than ${maxAnswer}`);
      return answer(machineIds, checked);
    },
    async close() {
      await sampler.close();
      listeners.clear();
      await writing;
      await sender?.close();
    },
  };
}
