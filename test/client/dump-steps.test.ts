import { describe, expect, it } from 'vitest';
import type { Dump } from '../../client/dumps/details/details.tsx';
import { stepsOf } from '../../client/dumps/details/steps.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21, 12, 0, 0) + seconds * 1000).toISOString();
const phase = (name: string, seconds: number) => ({ type: 'PHASE', phase: name, at: at(seconds) });
const dump = (part: object) =>
  ({ createdAt: at(0), startedAt: at(5), finishedAt: at(30), events: [], ...part }) as unknown as Dump;
const told = (steps: ReturnType<typeof stepsOf>) =>
  steps.map(({ name, fromMs, untilMs }) => [name, (untilMs - fromMs) / 1000]);

describe('the timeline of a dump', () => {
  const events = [phase('planning', 5), phase('capturing', 6), phase('finishing', 28)];

  it('has each step with its time, and marks the one in which the guest was paused', () => {
    const steps = stepsOf(dump({ events }), 0);
    expect(told(steps)).toEqual([
      ['Queued', 5],
      ['Planning', 1],
      ['Capturing', 22],
      ['Finishing', 2],
    ]);
    expect(steps.filter(({ captures }) => captures).map(({ name }) => name)).toEqual(['Capturing']);
  });

  it('goes on until now while the dump is active, and shows a stage that it does not know by its own name', () => {
    const steps = stepsOf(dump({ events: [phase('shipping', 6)], finishedAt: null }), Date.parse(at(16)));
    expect(told(steps)).toEqual([
      ['Queued', 5],
      ['Starting', 1],
      ['Shipping', 10],
    ]);
  });

  it('has waiting and work where the events are no longer kept', () => {
    expect(told(stepsOf(dump({ events: null }), 0))).toEqual([
      ['Queued', 5],
      ['Starting', 25],
    ]);
  });
});
