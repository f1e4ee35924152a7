import type { Closable } from '../domain/closable.ts';
import { isMemoirError, MemoirError } from '../domain/memoir-error.ts';
import type { Hypervisor } from '../machines/hypervisor.ts';
import { Rates } from './rates.ts';
import type { Round } from './sample.ts';

export interface SamplerTimes {
  /** From one reading to the next. */
  readonly everyMs: number;
  /** An answer that took longer is of no known moment: it is thrown away. */
  readonly timeoutMs: number;
  /** A call that was not answered for so long is given up, so that it cannot end telemetry for ever. */
  readonly abandonMs: number;
}

export interface SamplerParts {
  readonly hypervisor: Pick<Hypervisor, 'measure'>;
  /** Called with each round. Must not throw. */
  readonly round: (round: Round) => void;
  /** Called when readings begin to fail otherwise than because the hypervisor is away, once until one succeeds. */
  readonly failed: (error: unknown) => void;
  readonly times: SamplerTimes;
}

/** A reading is compared with one that is at most so many rounds back. */
const staleRounds = 3.5;
export const staleAfterMs = (everyMs: number): number => everyMs * staleRounds;

/**
 * Reads all machines' counters at once, now and every `everyMs`; one call at a time, whatever the hypervisor does. Readings are
 * in the middle of the clock's stretches of that length: at their edge, some would have two of them and some none.
 */
export function startSampler({ hypervisor, round, failed, times }: SamplerParts): Closable {
  const rates = new Rates(staleAfterMs(times.everyMs));
  let underWay: { readonly sinceMs: number } | undefined;
  let isFailing = false;
  let isClosed = false;

  async function read(): Promise<void> {
    const sinceMs = performance.now();
    // Still waiting for the last one: this round is left out.
    if (underWay !== undefined && sinceMs - underWay.sinceMs < times.abandonMs) return;
    const call = { sinceMs };
    underWay = call;
    try {
      const measurements = await hypervisor.measure();
      const clockMs = performance.now();
      if (isClosed || underWay !== call) return;
      if (clockMs - sinceMs > times.timeoutMs) {
        throw new MemoirError('TIMEOUT', `measuring the machines took ${Math.round(clockMs - sinceMs)} ms`);
      }
      isFailing = false;
      round({ atMs: measurements[0]?.atMs ?? Date.now(), samples: rates.next(measurements, clockMs) });
    } catch (error) {
      // That it is away is said by its own state.
      if (isClosed || isFailing || isMemoirError(error, 'HYPERVISOR_UNAVAILABLE')) return;
      isFailing = true;
      failed(error);
    } finally {
      if (underWay === call) underWay = undefined;
    }
  }

  let timer: ReturnType<typeof setTimeout>;
  function schedule(): void {
    const { everyMs } = times;
    const delayMs = everyMs - ((Date.now() - everyMs / 2) % everyMs);
    timer = setTimeout(
      () => {
        schedule();
        void read();
      },
      delayMs < everyMs / 2 ? delayMs + everyMs : delayMs,
    );
  }
  schedule();
  void read();
  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
