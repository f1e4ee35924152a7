/** Our own few signs, drawn on a grid of 16 by strokes; an icon package would be larger than the whole dashboard. */
const paths = {
  overview: 'M2.5 2.5h4.5v6H2.5zM9 2.5h4.5v3.5H9zM9 8h4.5v5.5H9zM2.5 10.5h4.5v3H2.5z',
  dumps: 'M8 2c3 0 5 .9 5 2s-2 2-5 2-5-.9-5-2 2-2 5-2zM3 4v8c0 1.100 2 2 5 2s5-.9 5-2V4M3 8c0 1.100 2 2 5 2s5-.9 5-2',
  machines: 'M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.01M5 11h.01',
  volumes: 'M3 3.500h10v9h-10zM3 9.500h10M11 11h.01M5 11h3',
  heaps: 'M8 2.500l5 3-5 3-5-3zM3 8l5 3 5-3M3 10.500l5 3 5-3',
  operations: 'M2.500 4h1M2.500 8h1M2.500 12h1M6 4h7.500M6 8h7.500M6 12h7.500',
  schedules: 'M8 2.500a5.500 5.500 0 1 1 0 11a5.500 5.500 0 0 1 0-11zM8 5v3l2.200 1.500',
  retention: 'M2.500 3h11v3h-11zM3.500 6v7h9V6M6.500 8.500h3',
  notifications: 'M4 11.500V7a4 4 0 0 1 8 0v4.500M2.500 11.500h11M6.800 13.500h2.400',
  hold: 'M4 7.500h8v6H4zM5.500 7.500V5a2.500 2.500 0 0 1 5 0v2.500',
  settings:
    'M2 5h6M11 5h3M2 11h3M8 11h6M9.500 3.200a1.800 1.800 0 1 1 0 3.600a1.800 1.800 0 0 1 0-3.600zM6.500 9.200a1.800 1.800 0 1 1 0 3.600a1.800 1.800 0 0 1 0-3.600z',
  sun: 'M8 5.200a2.800 2.800 0 1 1 0 5.600a2.800 2.800 0 0 1 0-5.600zM8 1.500v1.200M8 13.300v1.200M1.500 8h1.200M13.300 8h1.200M3.400 3.400l.9.9M11.700 11.700l.9.9M3.400 12.600l.9-.9M11.700 4.300l.9-.9',
  moon: 'M13 9.500A5.500 5.500 0 1 1 6.500 3a4.500 4.500 0 0 0 6.500 6.500z',
  system: 'M2.500 3h11v7.500h-11zM6 13.500h4M8 10.500v3',
  copy: 'M5.500 5.500h7.500v8H5.500zM10.500 5.500v-3H3v8h2.500',
  check: 'M3 8.500l3.500 3.500L13 4.500',
  cross: 'M4 4l8 8M12 4l-8 8',
  warning: 'M8 2.500l6 11H2zM8 6.500v3.500M8 12h.01',
  info: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 7.500V11M8 5h.01',
  search: 'M7 2.500a4.500 4.500 0 1 1 0 9a4.500 4.500 0 0 1 0-9zM10.500 10.500l3.500 3.500',
  download: 'M8 2v8M4.500 7L8 10.500 11.500 7M3 13.500h10',
  trash: 'M3 4.500h10M6.500 4.500v-2h3v2M4.500 4.500l.5 9h6l.5-9M7 7v4M9 7v4',
  verify: 'M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM5.800 8l1.700 1.700 2.900-3.200',
  capture:
    'M8 2.500a5.500 5.500 0 1 1 0 11a5.500 5.500 0 0 1 0-11zM8 6.500a1.500 1.500 0 1 1 0 3a1.500 1.500 0 0 1 0-3z',
  up: 'M4 9.500L8 5.500l4 4',
  down: 'M4 6.500l4 4 4-4',
  left: 'M9.500 4l-4 4 4 4',
  right: 'M6.500 4l4 4-4 4',
  eye: 'M1.500 8S4 3.500 8 3.500 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8zM8 6.200a1.800 1.800 0 1 1 0 3.600a1.800 1.800 0 0 1 0-3.600z',
  reset: 'M3 8a5 5 0 1 0 1.700-3.800M3 2.500v2.700h2.700',
  pause: 'M5.500 3.500v9M10.500 3.500v9',
} as const;

export type IconName = keyof typeof paths;

/** Decoration only: whatever it means is also said in words, by its neighbour or by the label of its button. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 16 16"
      width={`${size / 16}rem`}
      height={`${size / 16}rem`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}
