import type uPlot from 'uplot';

/** Steps of a scale of bytes. */
export const binarySteps = Array.from({ length: 60 }, (_, power) => 2 ** power);

/**
 * What all charts have in common. Canvas has no style sheet: colors are read from properties of the element that it is in, since
 * those come computed (a variable's `light-dark()` does not).
 */
export function plotLook(element: HTMLElement) {
  const style = getComputedStyle(element);
  const axis: uPlot.Axis = {
    stroke: style.color,
    font: `11px ${style.fontFamily}`,
    grid: { stroke: style.borderTopColor, width: 1 },
    ticks: { show: false },
  };
  const { outlineColor: stroke, caretColor: second, columnRuleColor: fill, textDecorationColor: mark } = style;
  return { axis, stroke, second, fill, mark };
}

/** The options of every chart; those that share `together` point at the same place. */
export function plotFrame(element: HTMLElement, together: string, point: (index: number | null) => void) {
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [8, 8, 0, 0] as [number, number, number, number],
    legend: { show: false },
    cursor: { y: false, sync: { key: together }, drag: { x: false, y: false }, points: { size: 6 } },
    hooks: { setCursor: [(plot: uPlot) => point(plot.cursor.idx ?? null)] },
  };
}
