import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeCommandLine } from '../src/cli/command-line-document.ts';

// Prints docs/command-line.md anew; with --check only says whether it is what the commands are.
const path = join(import.meta.dirname, '../docs/command-line.md');
const text = describeCommandLine();
if (!process.argv.includes('--check')) writeFileSync(path, text);
else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write('docs/command-line.md is not what the commands are: npm run generate\n');
  process.exitCode = 1;
}
