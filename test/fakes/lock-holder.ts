import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { lockDirectory } from '../../src/database/directory-lock.ts';

// A process that takes a lock, says so, and holds it until it is killed: arguments are what to lock and where.

const [what, where] = process.argv.slice(2) as ['directory' | 'database', string];
if (what === 'directory') {
  try {
    lockDirectory(where);
    // Started with --expose-gc: what nothing refers to is gone by now.
    for (let turn = 0; turn < 5; turn += 1) {
      globalThis.gc?.();
      await setImmediate();
    }
    process.stdout.write('held\n');
  } catch (error) {
    process.stdout.write(`${(error as { code: string }).code}: ${(error as Error).message}\n`);
    process.exit(1);
  }
} else {
  const connection = new DatabaseSync(where, { timeout: 0 });
  // Without a reference it would be collected, and its lock dropped.
  process.once('exit', () => connection.close());
  connection.exec('BEGIN IMMEDIATE');
  process.stdout.write('held\n');
}
setInterval(() => {}, 1000);
