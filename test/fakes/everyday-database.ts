import { openDatabase } from '../../src/database/database.ts';
import { thorough } from '../thorough.ts';
import { openSameThreadDatabase } from './same-thread-database.ts';

/** The database with its threads where there is time for them: see `same-thread-database.ts`. */
export const openEverydayDatabase = thorough ? openDatabase : openSameThreadDatabase;
