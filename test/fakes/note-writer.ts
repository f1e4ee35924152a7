import { openDatabase } from '../../src/database/database.ts';
import type { NotesService } from './notes-service.ts';

// A process that writes notes into the database it is told until it is killed, and says each number when it is durable.

const database = openDatabase(process.argv[2] as string);
const module = new URL('./notes-service.ts', import.meta.url).href;
const notes = await database.service<NotesService>('notes', { module, options: null });
for (let number = 0; ; number += 1) {
  await notes.add(String(number));
  process.stdout.write(`${number}\n`);
}
