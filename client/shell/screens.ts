import type { IconName } from '../ui/icon.tsx';

export interface Screen {
  readonly path: string;
  readonly label: string;
  readonly icon: IconName;
  /** Screens of one group, one after the other in the list, share an entry in the navigation, and have tabs between them. */
  readonly group?: string;
}

/** The screens, as the navigation has them; the first part of an address says which it is. */
export const screens: readonly Screen[] = [
  { path: '/', label: 'Overview', icon: 'overview' },
  { path: '/dumps', label: 'Dumps', icon: 'dumps' },
  { path: '/machines', label: 'Machines', icon: 'machines' },
  { path: '/volumes', label: 'Volumes', icon: 'volumes' },
  { path: '/heaps', label: 'Heaps', icon: 'heaps' },
  { path: '/schedules', label: 'Schedules', icon: 'schedules', group: 'Automation' },
  { path: '/retention', label: 'Retention', icon: 'retention', group: 'Automation' },
  { path: '/notifications', label: 'Notifications', icon: 'notifications', group: 'Automation' },
  { path: '/operations', label: 'Operations', icon: 'operations' },
  { path: '/settings', label: 'Settings', icon: 'settings' },
];

/** `/dumps` of `/dumps/7`. */
export const screenPath = (path: string): string => `/${path.split('/')[1] ?? ''}`;

/** The screens of the group that the screen of `path` is in; empty if it is in none. */
export function groupOf(path: string): readonly Screen[] {
  const group = screens.find((screen) => screen.path === screenPath(path))?.group;
  return group === undefined ? [] : screens.filter((screen) => screen.group === group);
}
