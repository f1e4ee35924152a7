import { journalSuite } from '../contracts/journal.ts';
import { openEverydayDatabase } from '../fakes/everyday-database.ts';
import { openTestJournal } from '../fakes/sqlite-journal.ts';

journalSuite('sqlite', () => openTestJournal(undefined, openEverydayDatabase));
