import { eventKinds, type Notification, severityOf } from './notification.ts';

/** The body of a webhook: a CloudEvent in structured JSON (CloudEvents 1.0.2, "JSON Event Format"). */
export function cloudEvent(notification: Notification, nodeId: string): string {
  const { id, kind, subject, message, machine, atMs, data } = notification;
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: `/nodes/${nodeId}`,
    type: eventKinds[kind].type,
    subject,
    time: new Date(atMs).toISOString(),
    datacontenttype: 'application/json',
    data: { message, severity: severityOf(kind), machine, ...data },
  });
}
