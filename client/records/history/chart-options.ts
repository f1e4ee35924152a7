import uPlot from 'uplot';
import { binarySteps, plotFrame, plotLook } from '../../ui/plot/look.ts';

export interface ChartLook {
  readonly bars: boolean;
  readonly binary: boolean;
  readonly logarithmic: boolean;
  readonly format: (value: number | null) => string;
  /** Called with the day that the pointer is at. */
  readonly point: (index: number | null) => void;
}

/** Charts that share this point at the same day together. */
const together = 'history';

// A scale of tens begins and ends at a full power, and has a line at each and nowhere else.
const tenBelow = (value: number | null): number => (value && value > 0 ? 10 ** Math.floor(Math.log10(value)) : 1);
const tenAbove = (value: number | null): number =>
  value && value > 0 ? Math.max(10 ** Math.ceil(Math.log10(value)), tenBelow(value) * 10) : 10;
const tens = (min: number, max: number): number[] =>
  Array.from({ length: Math.round(Math.log10(max / min)) + 1 }, (_, power) => min * 10 ** power);

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const dayLabel = (at: number): string => {
  const date = new Date(at * 1000);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
};

/** uPlot's options for one of the charts, in the colors that the page has now. */
export function chartOptions(element: HTMLElement, look: ChartLook): uPlot.Options {
  const { axis, fill, stroke } = plotLook(element);
  return {
    ...plotFrame(element, together, look.point),
    scales: {
      x: { time: false, range: (_, min, max) => [min - 43_200, max + 43_200] },
      y: look.logarithmic
        ? { distr: 3, range: (_, min, max) => [tenBelow(min), tenAbove(max)] }
        : { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 60,
        size: 24,
        values: (_, splits) => splits.map(dayLabel),
        incrs: [1, 2, 7, 14, 30].map((days) => days * 86_400),
      },
      {
        ...axis,
        size: 62,
        space: 34,
        values: (_, splits) => splits.map((value) => (value === null ? '' : look.format(value))),
        ...(look.binary ? { incrs: binarySteps } : {}),
        ...(look.logarithmic ? { splits: (_, __, min, max) => tens(min, max) } : {}),
      },
    ],
    series: [
      {},
      {
        stroke,
        width: look.bars ? 0 : 1.5,
        fill: look.bars ? stroke : fill,
        spanGaps: false,
        points: look.bars ? { show: false } : { show: true, size: 4, fill: stroke },
        ...(look.bars && uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.7, 24] }) } : {}),
      },
    ],
  };
}
