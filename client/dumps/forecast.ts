import type { CaptureMethod, ForecastFragment, MethodChoice } from '../api/generated/graphql.ts';
import { needsConfirmation } from '../format/pause.ts';
import { sentence } from '../format/sentence.ts';

/** What a dump of one machine would be, if it were triggered now with this choice. */
export interface PlannedDump {
  /** Null when it is not possible. */
  readonly method: CaptureMethod | null;
  readonly pauseMs: number | null;
  /** Why this method, or why not at all. */
  readonly reason: string;
  readonly expectedSizeBytes: number;
}

export const methodLabels: Record<CaptureMethod, string> = { SNAPSHOT: 'Snapshot', CORE_DUMP: 'Core dump' };

export function planDump(options: ForecastFragment, choice: MethodChoice): PlannedDump {
  const { expectedSizeBytes } = options;
  const method = choice === 'AUTO' ? options.automatic : choice;
  const forecast = options.methods.find((each) => each.method === method);
  const refuse = (reason: string): PlannedDump => ({ method: null, pauseMs: null, reason, expectedSizeBytes });
  if (method === null || !forecast?.possible) {
    const blockers = options.blockers.filter((each) => choice === 'AUTO' || each.method === choice);
    const reasons = [...new Set(blockers.map(({ reason }) => sentence(reason)))];
    return refuse(choice === 'AUTO' || reasons.length === 0 ? sentence(options.automaticReason) : reasons.join(' '));
  }
  if (!options.enoughSpace) return refuse('There is not enough free space for it.');
  const reason = choice === 'AUTO' ? sentence(options.automaticReason) : 'You chose this method.';
  return { method, pauseMs: forecast.expectedPauseMs, reason, expectedSizeBytes };
}

export interface PlanSummary {
  readonly possible: number;
  readonly impossible: number;
  /** The longest pause of any of them; null if one of them is unknown, or there is none. */
  readonly longestPauseMs: number | null;
  readonly expectedSizeBytes: number;
  /** Whether a person has to see the plan before anything runs. */
  readonly confirm: boolean;
}

export function summarise(plans: readonly PlannedDump[]): PlanSummary {
  const possible = plans.filter(({ method }) => method !== null);
  const unknown = possible.length === 0 || possible.some(({ pauseMs }) => pauseMs === null);
  return {
    possible: possible.length,
    impossible: plans.length - possible.length,
    longestPauseMs: unknown ? null : Math.max(...possible.map(({ pauseMs }) => pauseMs ?? 0)),
    expectedSizeBytes: possible.reduce((sum, plan) => sum + plan.expectedSizeBytes, 0),
    confirm: plans.length !== possible.length || possible.some(({ pauseMs }) => needsConfirmation(pauseMs)),
  };
}
