import type { DueDelivery } from '../notification-service.ts';

/** Names of machines come from others: no line of a mail is theirs to begin, and no header theirs to end. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, 500);

/** Subject and text of a mail about one notification, or the digest of several. */
export function mailOf(
  hookName: string,
  deliveries: readonly Pick<DueDelivery, 'message' | 'type' | 'notificationId'>[],
  host: string,
): { readonly subject: string; readonly text: string; readonly messageId: string } {
  const [first] = deliveries;
  const footer = `\n-- \nSent by Memoir on ${oneLine(host)}, notification “${oneLine(hookName)}”.\n`;
  const subject =
    deliveries.length === 1 && first !== undefined
      ? `[Memoir] ${oneLine(first.message).slice(0, 150)}`
      : `[Memoir] ${deliveries.length} events on ${oneLine(host)}`;
  const lines = deliveries.map(
    ({ message, type, notificationId }) => `${oneLine(message)}\n  ${type} ${notificationId}\n`,
  );
  // The same for every attempt, so that a mail which arrives twice is seen to be one.
  return {
    subject,
    text: lines.join('\n') + footer,
    messageId: `<${first?.notificationId ?? 'digest'}@memoir.invalid>`,
  };
}
