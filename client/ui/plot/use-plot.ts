import 'uplot/dist/uPlot.min.css';
import { type RefObject, useEffect, useRef } from 'react';
import uPlot from 'uplot';

/**
 * A chart in the element of the returned ref: as wide as it is, in the colors that the page has now. `look` stands for
 * everything that `options` depends on beside the data: when it changes, the chart is made anew; new data are only drawn.
 */
export function usePlot(
  options: (element: HTMLElement) => uPlot.Options,
  data: uPlot.AlignedData,
  look: string,
): RefObject<HTMLDivElement | null> {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef({ options, data });
  latest.current = { options, data };
  const drawn = useRef<{ readonly plot: uPlot; key: string }>(null);
  const key = JSON.stringify(data);
  const latestKey = useRef(key);
  latestKey.current = key;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `look` stands for the options
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const draw = () => {
      drawn.current?.plot.destroy();
      const plot = new uPlot(latest.current.options(element), latest.current.data, element);
      drawn.current = { plot, key: latestKey.current };
    };
    draw();
    const resized = new ResizeObserver(() =>
      drawn.current?.plot.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    // Canvas does not follow the style sheet: drawn again when the colors change.
    const recolored = new MutationObserver(draw);
    recolored.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
    return () => {
      resized.disconnect();
      recolored.disconnect();
      drawn.current?.plot.destroy();
      drawn.current = null;
    };
  }, [look]);

  useEffect(() => {
    if (drawn.current === null || drawn.current.key === key) return;
    drawn.current.key = key;
    drawn.current.plot.setData(latest.current.data);
  }, [key]);

  return host;
}
