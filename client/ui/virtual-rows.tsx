import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';

/** Fewer than these are drawn as they are. */
const few = 60;
const ahead = 12;

interface Props {
  readonly count: number;
  /** Cells of a row: what is left out above and below is one cell as wide. */
  readonly columns: number;
  /** Pixels of a row, before it is measured. */
  readonly height: number;
  readonly row: (index: number, measure: (element: HTMLElement | null) => void) => ReactNode;
}

/** The rows of a long table: those in sight and some around them, and as much empty space as the others would take. */
export function VirtualRows(props: Props) {
  const { count, row } = props;
  if (count > few) return <Windowed {...props} />;
  return Array.from({ length: count }, (_, index) => row(index, () => {}));
}

function Windowed({ count, columns, height, row }: Props) {
  const top = useRef<HTMLTableRowElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => {
    const { top: y = 0 } = top.current?.getBoundingClientRect() ?? {};
    setScrollMargin(y + window.scrollY);
  }, []);
  const rows = useWindowVirtualizer({ count, estimateSize: () => height, overscan: ahead, scrollMargin });
  const seen = rows.getVirtualItems();
  // Begins at an even row, so that the stripes do not change places while one scrolls.
  const first = (seen[0]?.index ?? 0) & ~1;
  const last = seen.at(-1)?.index ?? -1;
  const space = (pixels: number) => (
    <td colSpan={columns} style={{ height: Math.max(0, pixels), padding: 0, border: 0 }} />
  );
  const before = (seen[0]?.start ?? scrollMargin) - scrollMargin - (seen[0] && seen[0].index > first ? height : 0);
  const after = rows.getTotalSize() - ((seen.at(-1)?.end ?? scrollMargin) - scrollMargin);
  return (
    <>
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: empty space has nothing to focus */}
      <tr ref={top} aria-hidden="true">
        {space(before)}
      </tr>
      {Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => row(first + index, rows.measureElement))}
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: empty space has nothing to focus */}
      <tr aria-hidden="true">{space(after)}</tr>
    </>
  );
}
