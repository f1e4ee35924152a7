import type { EventFieldsFragment, OperationKind } from '../api/generated/graphql.ts';
import { plainText } from '../format/plain-text.ts';
import type { Tone } from './toasts.ts';

interface Kind {
  readonly one: string;
  /** Before a name, where `one` and “of” would not do. */
  readonly of?: string;
  readonly many: string;
}

const labels: Readonly<Record<Exclude<OperationKind, 'OTHER'>, Kind>> = {
  DUMP: { one: 'Dump', many: 'dumps' },
  VERIFY: { one: 'Verification', many: 'verifications' },
  REINDEX: { one: 'Reindex', many: 'reindexes' },
  RECORDS_SYNC: { one: 'Record sync', many: 'record syncs' },
  VOLUME_CREATE: { one: 'Volume creation', of: 'Creation of volume', many: 'volume creations' },
  VOLUME_ATTACH: { one: 'Volume attachment', of: 'Attachment of volume', many: 'volume attachments' },
  VOLUME_DETACH: { one: 'Volume detachment', of: 'Detachment of volume', many: 'volume detachments' },
  VOLUME_DELETE: { one: 'Volume deletion', of: 'Deletion of volume', many: 'volume deletions' },
  VOLUME_RESIZE: { one: 'Volume resize', of: 'Resize of volume', many: 'volume resizes' },
  VOLUME_EXPORT: { one: 'Volume export', of: 'Export of volume', many: 'volume exports' },
  VOLUME_UNEXPORT: { one: 'End of volume export', of: 'End of export of volume', many: 'ends of volume exports' },
  VOLUME_FORMAT: { one: 'Volume formatting', of: 'Formatting of volume', many: 'volume formattings' },
  HEAP_CAPTURE: { one: 'Heap capture', many: 'heap captures' },
  HEAP_VERIFY: { one: 'Heap verification', many: 'heap verifications' },
};
const kinds: ReadonlyMap<string, Kind> = new Map(Object.entries(labels));

/** A kind's name for a person; kinds that came after this dashboard speak for themselves. */
export function kindLabel(kind: string): string {
  return kinds.get(kind)?.one ?? kind.charAt(0) + kind.slice(1).toLowerCase().replaceAll('_', ' ');
}

/** What stands before the name of what it is about: `Dump of`. */
export const kindOf = (kind: string): string => kinds.get(kind)?.of ?? `${kindLabel(kind)} of`;

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
  const what = subjectText(event.kind, event.subject, nameOf(event.operation));
  // A note is a sentence about the subject: what happened, and by whom.
  if (verb === undefined) return plainText(`${what}: ${uncapitalised(event.message)}`);
  const why = event.type === 'FAILED' ? (event.operation?.error?.message ?? event.message) : null;
  return plainText(why ? `${what} ${verb}: ${why}` : `${what} ${verb}`);
}

/** The machine or volume that an operation is about, where it has a name. */
export function nameOf(
  operation: { readonly dump: { readonly vmName: string } | null; readonly volumeName?: string | null } | null,
): string | null {
  return operation?.volumeName ?? operation?.dump?.vmName ?? null;
}

/** What an operation is about: `Dump of web-01`; without a name, the beginning of the id that it works on. */
export function subjectText(kind: string, subject: string | null, name: string | null | undefined): string {
  if (name) return `${kindOf(kind)} ${name}`;
  const [what, id] = subject?.split(':') ?? [];
  if (what === 'artifact' && id) return `${kindLabel(kind)} of dump ${id.slice(0, 8)}`;
  return kindLabel(kind);
}

const uncapitalised = (text: string): string =>
  /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;

/** The same for several events of a kind and type at once. */
export function eventsText(event: EventFieldsFragment, count: number): string {
  const many = kinds.get(event.kind ?? '')?.many ?? 'operations';
  return `${count} ${many} ${verbs[event.type] ?? 'changed'}`;
}
