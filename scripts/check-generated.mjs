// Generated files are checked in: what `npm run generate` would print now must be what is there. Prints into the tree, compares, and
// puts the old files back where they differ, so that a check changes nothing.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folders = ['client/api/generated', 'src/cli/generated'];
const files = () => [
  'schema.graphql',
  'docs/command-line.md',
  ...folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))),
];

const before = new Map(files().map((path) => [path, readFileSync(path)]));
const { status, stderr, stdout } = spawnSync('npm', ['run', '-s', 'generate'], { encoding: 'utf8' });
if (status !== 0) {
  process.stderr.write(`${stdout}${stderr}`);
  process.exit(1);
}
const drifted = files().filter((path) => !before.get(path)?.equals(readFileSync(path)));
for (const [path, content] of before) if (drifted.includes(path)) writeFileSync(path, content);
if (drifted.length > 0) {
  process.stderr.write(`not what \`npm run generate\` prints: ${drifted.join(', ')}\n`);
  process.exit(1);
}
