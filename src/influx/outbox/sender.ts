import { atMost } from '../../async/at-most.ts';
import { backOffMs } from '../../async/back-off.ts';
import { Wake } from '../../async/wake.ts';
import type { Remote } from '../../database/service.ts';
import type { Closable } from '../../domain/closable.ts';
import type { InfluxClient } from '../influx-client.ts';
import { InfluxError } from '../influx-error.ts';
import type { OutboxStatus } from './outbox.ts';
import type { OutboxService, WaitingLine } from './outbox-service.ts';

export interface SenderTimes {
  /** How often the table is looked at when nobody says that there is something. */
  readonly pollMs: number;
  /** The first pause after a failure; each further one is twice as long, up to `maxBackOffMs`. */
  readonly backOffMs: number;
  readonly maxBackOffMs: number;
}

const defaultTimes: SenderTimes = { pollMs: 1_000, backOffMs: 500, maxBackOffMs: 60_000 };

/** A write takes a second of the server's, however many lines it has: many at once, but never a body that is refused for its size. */
const maxBatch = { lines: 500, bytes: 512 * 1024 };

export type Sending = Pick<
  OutboxStatus,
  'state' | 'reason' | 'mend' | 'nextAttemptAtMs' | 'accepted' | 'lastAcceptedAtMs'
>;

export interface Sender extends Closable {
  wake(): void;
  /** Ends a pause or the waiting after a failure. */
  hurry(): void;
  settled(timeoutMs: number): Promise<void>;
  sending(): Sending;
}

/** What to say, and whether someone has to do something, for failures that do not pass by themselves. */
const mends: Partial<Record<InfluxError['failure'], string>> = {
  UNAUTHORIZED: 'Set INFLUX_TOKEN to a token that may write to this database, and start again.',
  NOT_INFLUXDB: 'Check INFLUX_URL: it has to be the address of an InfluxDB 3, without a path.',
  NO_DATABASE:
    'Set INFLUX_DB to a database that this InfluxDB has or can make (letters, digits, _ and -; InfluxDB 3 Core has at most five).',
};

/** Sends what waits, one batch at a time, for ever. Memory holds one batch. */
export function startSender(
  service: Remote<OutboxService>,
  client: InfluxClient,
  { pollMs, backOffMs: minDelayMs, maxBackOffMs: maxDelayMs }: SenderTimes = defaultTimes,
): Sender {
  const closing = new AbortController();
  const wake = new Wake();
  let settling: (() => void)[] = [];
  let failures = 0;
  let batchLines = maxBatch.lines;
  let hurried = false;
  let sending: Sending = {
    state: 'IDLE',
    reason: null,
    mend: null,
    nextAttemptAtMs: null,
    accepted: 0,
    lastAcceptedAtMs: null,
  };
  const say = (change: Partial<Sending>) => {
    sending = { ...sending, ...change };
  };
  /** Whoever waits for an end of the work is told: there is none at the moment. */
  const settle = () => {
    for (const resolve of settling) resolve();
    settling = [];
  };

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      // Who asks while this is on its way wants to hear of a later look.
      const asking = settling;
      settling = [];
      const batch = await service.next(batchLines, maxBatch.bytes).catch(() => null);
      if (batch === null || batch.length === 0) {
        // A database that is busy is asked again like one that has nothing.
        if (batch !== null && sending.state !== 'IDLE')
          say({ state: 'IDLE', reason: null, mend: null, nextAttemptAtMs: null });
        for (const resolve of asking) resolve();
        await wake.wait(pollMs);
        continue;
      }
      settling.unshift(...asking);
      try {
        await send(batch);
      } catch (error) {
        if (closing.signal.aborted) return;
        await endure(error);
      }
    }
  }

  async function send(batch: readonly WaitingLine[]): Promise<void> {
    if (failures === 0) say({ state: 'SENDING' });
    try {
      await client.write(
        batch.map(({ line }) => line),
        closing.signal,
      );
    } catch (error) {
      const isRefused = error instanceof InfluxError && (error.failure === 'BAD_LINE' || error.failure === 'TOO_MUCH');
      if (!isRefused) throw error;
      // All or nothing: halves show which line it is, and the others pass.
      if (batch.length > 1) batchLines = Math.ceil(batch.length / 2);
      else await service.bury((batch[0] as WaitingLine).seq, error.message);
      failures = 0;
      return;
    }
    await service.accept(batch.map(({ seq }) => seq));
    failures = 0;
    batchLines = Math.min(maxBatch.lines, batchLines * 2);
    say({
      state: 'SENDING',
      reason: null,
      mend: null,
      nextAttemptAtMs: null,
      accepted: sending.accepted + batch.length,
      lastAcceptedAtMs: Date.now(),
    });
  }

  /** Waits until it is worth trying again. New lines do not shorten it: only a command does. */
  async function endure(error: unknown): Promise<void> {
    const mend = error instanceof InfluxError ? mends[error.failure] : undefined;
    // Where only a person can mend it, there is no hurry.
    const times = { minDelayMs: mend === undefined ? minDelayMs : maxDelayMs, maxDelayMs };
    const jittered = backOffMs(failures + 1, times);
    const asked = error instanceof InfluxError ? (error.retryAfterMs ?? 0) : 0;
    const pauseMs = Math.max(jittered, asked);
    // By the clock that nobody sets: one that was set back would make a pause of days.
    const untilMs = performance.now() + pauseMs;
    failures += 1;
    say({
      state: mend === undefined ? 'RETRYING' : 'PAUSED',
      reason: error instanceof Error ? error.message : String(error),
      mend: mend ?? null,
      nextAttemptAtMs: Date.now() + pauseMs,
    });
    settle();
    hurried = false;
    while (!hurried && !closing.signal.aborted && performance.now() < untilMs) {
      await wake.wait(untilMs - performance.now());
      settle();
    }
  }

  const running = run();

  return {
    wake: () => wake.knock(),
    hurry() {
      hurried = true;
      wake.knock();
    },
    settled(timeoutMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      settling.push(resolve);
      wake.knock();
      return timeoutMs === undefined ? promise : atMost(promise, timeoutMs);
    },
    sending: () => sending,
    async close() {
      closing.abort();
      wake.knock();
      await running;
      settle();
    },
  };
}
