// npm drops an optional platform package from the lock when the registry lacks it, and `npm ci` fails only later, on
// another machine. So: every optional dependency that the lock names must be in the lock, and no address may be.
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const problems = [];

/** Node's resolution, on the lock's paths: the package's own node_modules, then each enclosing one. */
function isLocked(from, name) {
  for (let folder = from; ; ) {
    if (packages[`${folder && `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1));
  }
}

for (const [path, entry] of Object.entries(packages)) {
  if (entry.resolved) problems.push(`${path}: carries a download address`);
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!isLocked(path, name))
      problems.push(`${path || 'package.json'}: optional dependency ${name} is not in the lock`);
  }
}
for (const problem of problems) process.stderr.write(`package-lock.json: ${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
