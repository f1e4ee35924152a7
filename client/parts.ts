import { later } from './ui/later.tsx';

/**
 * What comes in files of its own: when it is first shown, or before that in a quiet moment, in this order. Screens first: one
 * click leads there.
 */

export const Dumps = later(() => import('./dumps/dumps.tsx').then((it) => it.Dumps));
export const Machines = later(() => import('./machines/machines.tsx').then((it) => it.Machines));
export const Operations = later(() => import('./operations/operations.tsx').then((it) => it.Operations));
export const Volumes = later(() => import('./volumes/volumes.tsx').then((it) => it.Volumes));
export const Heaps = later(() => import('./heaps/heaps.tsx').then((it) => it.Heaps));
export const Schedules = later(() => import('./schedules/schedules.tsx').then((it) => it.Schedules));
export const Retention = later(() => import('./retention/retention.tsx').then((it) => it.Retention));
export const Notifications = later(() => import('./notifications/notifications.tsx').then((it) => it.Notifications));
export const Settings = later(() => import('./settings/settings.tsx').then((it) => it.Settings));
export const History = later(() => import('./records/history/history.tsx').then((it) => it.History));
export const PlanDialog = later(() => import('./dumps/plan/plan-dialog.tsx').then((it) => it.PlanDialog));
export const Confirmation = later(() => import('./shell/confirmation.tsx').then((it) => it.Confirmation));
export const Details = later(() => import('./dumps/details/details.tsx').then((it) => it.Details));
export const UsagePanel = later(() => import('./machines/usage/usage-panel.tsx').then((it) => it.UsagePanel));
export const Palette = later(() => import('./shell/palette.tsx').then((it) => it.Palette));
export const ShortcutList = later(() => import('./shell/shortcut-list.tsx').then((it) => it.ShortcutList));
export const TokenForm = later(() => import('./settings/token-form.tsx').then((it) => it.TokenForm));
