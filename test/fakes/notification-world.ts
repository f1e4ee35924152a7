import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createNotifications, type NotificationOptions } from '../../src/notifications/create-notifications.ts';
import { createWebhookSender } from '../../src/notifications/webhook/webhook-sender.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { startTestEngine, submitOne } from './engine.ts';
import { openSameThreadDatabase } from './same-thread-database.ts';
import { ToyKind } from './toy-kind.ts';

/** Notifications over a real engine, of operations on toys; `open` starts them again on the same database. */
export async function notificationWorld(more: Partial<NotificationOptions> = {}) {
  const toy = new ToyKind({ parallel: 50 });
  const { operations } = await startTestEngine([toy]);
  const folder = temporaryFolder();
  const warnings: string[] = [];
  const addressRules = { allowPrivate: false };
  async function open(changes: Partial<NotificationOptions> = {}) {
    const database = openSameThreadDatabase(join(folder, 'notifications.sqlite'));
    const notifications = await createNotifications({
      database,
      operations,
      nodeId: 'node-1',
      host: 'here',
      factsOf: ({ subject }) => ({ machine: subject, isDamaged: false }),
      webhooks: createWebhookSender({ ...addressRules, version: 'test', timeoutMs: 2_000 }),
      addressRules,
      mail: null,
      alertSources: [],
      disk: null,
      log: { warn: (_, message) => warnings.push(message) },
      // The published schedule in a hundredth of a second.
      retryMs: (attempts) => (attempts >= 6 ? null : 10),
      ...more,
      ...changes,
    });
    let closed: Promise<void> | undefined;
    const close = () => {
      closed ??= notifications.close().then(() => database.close());
      return closed;
    };
    onTestFinished(close);
    return { notifications, close };
  }
  /** A toy that is played with to its end. */
  async function play(subject: string): Promise<string> {
    const { id } = await submitOne(operations, subject);
    const run = await toy.next();
    run.finish();
    return id;
  }
  return { operations, toy, open, play, warnings };
}
