import { journalSuite } from '../contracts/journal.ts';
import { openTestJournal } from '../fakes/sqlite-journal.ts';

journalSuite('sqlite', () => openTestJournal());
