import type { IconName } from '../ui/icon.tsx';

export interface Screen {
  readonly path: string;
  readonly label: string;
  readonly icon: IconName;
}

/** The screens, as the navigation has them; the first part of an address says which it is. */
export const screens: readonly Screen[] = [
  { path: '/', label: 'Overview', icon: 'overview' },
  { path: '/dumps', label: 'Dumps', icon: 'dumps' },
  { path: '/machines', label: 'Machines', icon: 'machines' },
  { path: '/volumes', label: 'Volumes', icon: 'volumes' },
  { path: '/heaps', label: 'Heaps', icon: 'heaps' },
  { path: '/operations', label: 'Operations', icon: 'operations' },
  { path: '/settings', label: 'Settings', icon: 'settings' },
];

/** `/dumps` of `/dumps/7`. */
export const screenPath = (path: string): string => `/${path.split('/')[1] ?? ''}`;
