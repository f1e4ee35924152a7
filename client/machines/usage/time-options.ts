import type uPlot from 'uplot';
import { formatClock, formatDay, type Zone } from '../../format/moment.ts';
import { binarySteps, plotFrame, plotLook } from '../../ui/plot/look.ts';

export interface TimeLook {
  /** Lines of the chart. */
  readonly lines: number;
  /** Bytes on the scale, else percents. */
  readonly binary: boolean;
  readonly format: (value: number | null) => string;
  readonly zone: Zone;
  /** Moments that a line marks from top to bottom, in epoch seconds; read at every drawing. */
  readonly marks: () => readonly number[];
  /** Called with the point that the pointer is at. */
  readonly point: (index: number | null) => void;
  /** Epoch seconds at both ends, and the least that the scale reaches up to; read at every drawing. */
  readonly scale: () => { readonly from: number; readonly until: number; readonly least: number };
}

/** Charts that share this point at the same moment together. */
const together = 'usage';
const hour = 3600;
const day = 24 * hour;
const steps = [60, 300, 600, 900, 1800, hour, 2 * hour, 4 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day];

/** Places of values without a neighbour. */
function lonely(values: ArrayLike<number | null | undefined>): number[] {
  return Array.from(values).flatMap((value, index, all) =>
    value != null && all[index - 1] == null && all[index + 1] == null ? [index] : [],
  );
}

/** A dashed line over the whole height at each mark that is in sight. */
function drawMarks(plot: uPlot, marks: readonly number[], color: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.setLineDash([3, 3]);
  ctx.beginPath();
  for (const at of marks) {
    const x = plot.valToPos(at, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
  }
  ctx.stroke();
  ctx.restore();
}

/** uPlot's options for one of the charts of usage, in the colors that the page has now. */
export function timeOptions(element: HTMLElement, look: TimeLook): uPlot.Options {
  const { axis, fill, mark, second, stroke } = plotLook(element);
  const strokes = [stroke, second];
  const label = (at: number, step: number) =>
    step < day ? formatClock(at * 1000, look.zone).slice(0, 5) : formatDay(at * 1000, look.zone).slice(5);
  const frame = plotFrame(element, together, look.point);
  return {
    ...frame,
    hooks: { ...frame.hooks, draw: [(plot) => drawMarks(plot, look.marks(), mark)] },
    scales: {
      x: {
        time: false,
        range: () => {
          const { from, until } = look.scale();
          return [from, until];
        },
      },
      y: { range: (_, __, max) => [0, Math.max(look.scale().least, max > 0 ? max * 1.08 : 0)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 60,
        size: 24,
        incrs: steps,
        values: (_, splits, __, ___, step) => splits.map((at) => label(at, step)),
      },
      {
        ...axis,
        size: 62,
        space: 34,
        values: (_, splits) => splits.map((value) => (value === null ? '' : look.format(value))),
        ...(look.binary ? { incrs: binarySteps } : { incrs: [1, 2, 5, 10, 20, 25, 50, 100] }),
      },
    ],
    series: [
      {},
      ...Array.from({ length: look.lines }, (_, index) => ({
        stroke: strokes[index] ?? stroke,
        width: 1.5,
        spanGaps: false,
        // Where no line leads to or from it, a value would not be seen.
        points: { show: true, size: 4, filter: (plot: uPlot, series: number) => lonely(plot.data[series] ?? []) },
        ...(index === 0 ? { fill } : { dash: [4, 3] }),
      })),
    ],
  };
}
