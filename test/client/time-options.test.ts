// @vitest-environment jsdom
import type uPlot from 'uplot';
import { expect, it } from 'vitest';
import { type TimeLook, timeOptions } from '../../client/machines/usage/time-options.ts';

/** Draws what lies over the lines of a chart that shows 100 to 200 s on 300 pixels; answers the lines from top to bottom. */
function drawn(marks: readonly number[]): number[][] {
  const look: TimeLook = {
    lines: 1,
    binary: false,
    format: String,
    zone: 'UTC',
    marks: () => marks,
    point: () => {},
    scale: () => ({ from: 100, until: 200, least: 0 }),
  };
  const lines: number[][] = [];
  const ctx = {
    save() {},
    restore() {},
    setLineDash() {},
    beginPath() {},
    stroke() {},
    moveTo: (x: number, y: number) => lines.push([x, y]),
    lineTo: (x: number, y: number) => lines.at(-1)?.push(x, y),
  };
  const plot = {
    ctx,
    bbox: { left: 40, top: 5, width: 300, height: 90 },
    valToPos: (at: number) => 40 + (at - 100) * 3,
  };
  for (const draw of timeOptions(document.body, look).hooks?.draw ?? []) draw?.(plot as unknown as uPlot);
  return lines;
}

it('a chart of usage has a line from top to bottom where the machine was dumped, and none outside of what it shows', () => {
  expect(drawn([])).toEqual([]);
  expect(drawn([99, 100, 150, 200, 201])).toEqual([
    [40, 5, 40, 95],
    [190, 5, 190, 95],
    [340, 5, 340, 95],
  ]);
});
