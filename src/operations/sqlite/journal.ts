import type { Database } from '../../database/database.ts';
import type { Journal } from '../journal.ts';
import type { JournalReader } from './journal-reader.ts';
import type { JournalWriter } from './journal-writer.ts';

/** What the journal itself can be asked to write beside a transition. */
const ownEffects = { 'operation.restore': new URL('./restore-effect.ts', import.meta.url).href };

/**
 * The journal in the embedded database: changes on the writing thread, questions on the reading one. `effects` names the
 * module that carries out each type of effect.
 */
export async function createSqliteJournal(
  database: Database,
  effects: Readonly<Record<string, string>>,
): Promise<Journal> {
  const writer = await database.service<JournalWriter>('journal', {
    module: new URL('./journal-writer.ts', import.meta.url).href,
    options: { effects: { ...ownEffects, ...effects } },
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
    get: reader.get,
    page: reader.page,
    active: reader.active,
    events: reader.events,
    bounds: reader.bounds,
    tally: reader.tally,
  };
}
