// The one gate before a commit: format and lint, types of server and client, drift of generated files, unused code, lock file.
import { spawnSync } from 'node:child_process';

const steps = [
  ['biome', 'ci', '--reporter=summary'],
  ['tsc', '-p', '.'],
  ['tsc', '-p', 'client'],
  ['node', 'scripts/check-generated.mjs'],
  ['knip', '--no-progress'],
  ['node', 'scripts/check-members.mjs'],
  ['node', 'scripts/check-lock.mjs'],
];

let failed = 0;
for (const [command, ...args] of steps) {
  const started = Date.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) failed += 1;
  process.stdout.write(`${status === 0 ? 'ok  ' : 'FAIL'} ${command} ${args.join(' ')} (${Date.now() - started} ms)\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
