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
  if (verb === undefined || event.kind === null) return plainText(event.message);
  const name = event.operation?.dump?.vmName;
  const what = `${kindLabel(event.kind)}${name ? ` of ${name}` : ''} ${verb}`;
  const why = event.type === 'FAILED' ? (event.operation?.error?.message ?? event.message) : null;
  return plainText(why ? `${what}: ${why}` : what);
}

/** The same for several events of a kind and type at once. */
export function eventsText(event: EventFieldsFragment, count: number): string {
  const many = kinds[event.kind ?? '']?.many ?? 'operations';
  return `${count} ${many} ${verbs[event.type] ?? 'changed'}`;
}
