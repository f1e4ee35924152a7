import { describe, expect, it } from 'vitest';
import type { ForecastFragment } from '../../client/api/generated/graphql.ts';
import { planDump, summarise } from '../../client/dumps/forecast.ts';
import { fillDays } from '../../client/records/history/days.ts';

const forecast = (part: Partial<ForecastFragment> = {}): ForecastFragment => ({
  __typename: 'CaptureOptions',
  automatic: 'SNAPSHOT',
  automaticReason: 'a snapshot is possible',
  memoryBytes: 1024,
  expectedSizeBytes: 1100,
  freeBytes: 10_000,
  enoughSpace: true,
  methods: [
    { __typename: 'CaptureMethodForecast', method: 'SNAPSHOT', possible: true, expectedPauseMs: 4 },
    { __typename: 'CaptureMethodForecast', method: 'CORE_DUMP', possible: true, expectedPauseMs: 8000 },
  ],
  blockers: [],
  ...part,
});

describe('the plan of a dump', () => {
  it('takes what the server would take, with its reason as a sentence', () => {
    expect(planDump(forecast(), 'AUTO')).toEqual({
      method: 'SNAPSHOT',
      pauseMs: 4,
      reason: 'A snapshot is possible.',
      expectedSizeBytes: 1100,
    });
  });

  it('takes what was chosen, and says what it costs', () => {
    expect(planDump(forecast(), 'CORE_DUMP')).toMatchObject({ method: 'CORE_DUMP', pauseMs: 8000 });
  });

  it('says what stands in the way of the chosen method', () => {
    const paused = forecast({
      methods: [{ __typename: 'CaptureMethodForecast', method: 'SNAPSHOT', possible: false, expectedPauseMs: null }],
      blockers: [
        {
          __typename: 'CaptureBlocker',
          method: 'SNAPSHOT',
          code: 'METHOD_UNAVAILABLE',
          reason: 'the machine is paused',
        },
      ],
    });
    expect(planDump(paused, 'SNAPSHOT')).toMatchObject({ method: null, reason: 'The machine is paused.' });
  });

  it('is none where there is no room', () => {
    expect(planDump(forecast({ enoughSpace: false }), 'AUTO')).toMatchObject({ method: null });
  });
});

describe('the summary of plans', () => {
  const plan = (pauseMs: number | null) => ({
    method: 'SNAPSHOT' as const,
    pauseMs,
    reason: '',
    expectedSizeBytes: 10,
  });

  it('needs no question when every pause is short', () => {
    expect(summarise([plan(2), plan(4)])).toEqual({
      possible: 2,
      impossible: 0,
      longestPauseMs: 4,
      expectedSizeBytes: 20,
      confirm: false,
    });
  });

  it('asks when one pause is long or unknown, or one machine cannot be dumped', () => {
    expect(summarise([plan(2), plan(900)]).confirm).toBe(true);
    expect(summarise([plan(2), plan(null)])).toMatchObject({ confirm: true, longestPauseMs: null });
    expect(summarise([plan(2), { ...plan(null), method: null }])).toMatchObject({ confirm: true, impossible: 1 });
  });
});

describe('the days of a chart', () => {
  it('are all there; those without a dump have no means, which is not zero', () => {
    const day = {
      __typename: 'DumpDay' as const,
      day: '2026-11-20T00:00:00.000Z',
      dumps: 3,
      sizeBytes: 9,
      avgDurationSec: 2,
      avgGuestPauseMs: null,
    };
    const filled = fillDays([day], '2026-11-19T00:00:00.000Z', 3);
    expect(filled.map(({ dumps, durationSec, pauseMs }) => [dumps, durationSec, pauseMs])).toEqual([
      [0, null, null],
      [3, 2, null],
      [0, null, null],
    ]);
    expect(filled[1]?.at).toBe(Date.UTC(2026, 10, 20) / 1000);
  });
});
