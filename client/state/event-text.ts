import type { EventFieldsFragment } from '../api/generated/graphql.ts';
import { plainText } from '../format/plain-text.ts';
import type { Tone } from './toasts.ts';

const kinds: Record<string, { readonly one: string; readonly many: string }> = {
  DUMP: { one: 'Dump', many: 'dumps' },
  VERIFY: { one: 'Verification', many: 'verifications' },
  RECORDS_SYNC: { one: 'Record sync', many: 'record syncs' },
};

/** A kind's name for a person; kinds that came after this dashboard speak for themselves. */
export function kindLabel(kind: string): string {
  return kinds[kind]?.one ?? kind.charAt(0) + kind.slice(1).toLowerCase().replaceAll('_', ' ');
}

const verbs: Partial<Record<EventFieldsFragment['type'], string>> = {
  QUEUED: 'queued',
  STARTED: 'started',
  REQUEUED: 'queued again',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  CANCEL_REQUESTED: 'being cancelled',
};

const tones: Partial<Record<EventFieldsFragment['type'], Tone>> = {
  COMPLETED: 'success',
  FAILED: 'error',
  CANCELLED: 'warning',
  CANCEL_REQUESTED: 'warning',
  REQUEUED: 'warning',
  LAGGED: 'warning',
};

export const eventTone = (event: Pick<EventFieldsFragment, 'type'>): Tone => tones[event.type] ?? 'info';

/** One line for log and toast: what happened to what, and for failures why. */
export function eventText(event: EventFieldsFragment): string {
  const verb = verbs[event.type];
  if (event.kind === null) return plainText(event.message);
  const what = subjectText(event.kind, event.subject, event.operation?.dump?.vmName);
  // A note is a sentence about the subject: what happened, and by whom.
  if (verb === undefined) return plainText(`${what}: ${uncapitalised(event.message)}`);
  const why = event.type === 'FAILED' ? (event.operation?.error?.message ?? event.message) : null;
  return plainText(why ? `${what} ${verb}: ${why}` : `${what} ${verb}`);
}

/** What an operation is about: `Dump of web-01`; without a name, the beginning of the id that it works on. */
export function subjectText(kind: string, subject: string | null, name: string | null | undefined): string {
  if (name) return `${kindLabel(kind)} of ${name}`;
  const [what, id] = subject?.split(':') ?? [];
  if (what === 'artifact' && id) return `${kindLabel(kind)} of dump ${id.slice(0, 8)}`;
  return kindLabel(kind);
}

const uncapitalised = (text: string): string =>
  /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;

/** The same for several events of a kind and type at once. */
export function eventsText(event: EventFieldsFragment, count: number): string {
  const many = kinds[event.kind ?? '']?.many ?? 'operations';
  return `${count} ${many} ${verbs[event.type] ?? 'changed'}`;
}
