import { cloudEvent } from './cloud-event.ts';
import { type Hook, wants } from './hook.ts';
import { eventKinds, type Notification } from './notification.ts';
import type { NewDelivery } from './notification-service.ts';

/** The deliveries that a notification makes: one for each hook that wants to hear of it. */
export function deliveriesOf(notification: Notification, hooks: readonly Hook[], nodeId: string): NewDelivery[] {
  const { id: notificationId, orderKey, kind, message } = notification;
  const body = cloudEvent(notification, nodeId);
  return hooks
    .filter(({ enabled, definition }) => enabled && wants(definition, notification))
    .map(({ id: hookId }) => ({ hookId, notificationId, orderKey, type: eventKinds[kind].type, message, body }));
}
