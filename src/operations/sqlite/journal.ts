import type { Database } from '../../database/database.ts';
import type { ModuleReference } from '../../domain/module-reference.ts';
import type { Journal } from '../journal.ts';
import type { JournalReader } from './journal-reader.ts';
import type { JournalWriter } from './journal-writer.ts';

/**
 * The journal in the embedded database: changes on the writing thread, questions on the reading one. `effects` names the
 * modules that carry out effects (`OpenEffects`).
 */
export async function createSqliteJournal(database: Database, effects: readonly ModuleReference[]): Promise<Journal> {
  const writer = await database.service<JournalWriter>('journal', {
    module: new URL('./journal-writer.ts', import.meta.url).href,
    options: { effects: effects.map(({ module, options }) => ({ module, options })) },
  });
  const reader = await database.service<JournalReader>(
    'journal',
    { module: new URL('./journal-reader.ts', import.meta.url).href, options: null },
    'read',
  );
  return {
    submit: writer.submit,
    transition: writer.transition,
    note: writer.note,
    adopt: writer.adopt,
    pruneEvents: writer.pruneEvents,
    forget: writer.forget,
    probe: writer.probe,
    get: reader.get,
    page: reader.page,
    active: reader.active,
    acceptedBefore: reader.acceptedBefore,
    events: reader.events,
    eventsOf: reader.eventsOf,
    bounds: reader.bounds,
    tally: reader.tally,
  };
}
