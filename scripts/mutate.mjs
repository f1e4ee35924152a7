// Random mutants of a folder's logic, against the folder's own tests: npm run mutate -- FOLDER [--count=100] [--seed=1] [--tests=a,b] [--at=FILE:LINE,…]
//   npm run mutate -- src/operations
// Each mutant changes one place of a copy of the tree (a comparison, a boolean operator, a constant, a statement) and runs the tests
// of the same folder below test/, those that name the changed file first. Mutants that no test notices are printed: each is a behaviour
// that nothing holds, or a change that makes no difference. The exit code says whether at least 85 of 100 were killed.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    tests: { type: 'string' },
    at: { type: 'string' },
    timeout: { type: 'string', default: '120' },
    'test-timeout': { type: 'string', default: '20' },
    jobs: { type: 'string', default: '2' },
  },
});
const folder = positionals[0]?.replace(/\/$/, '');
if (folder === undefined) {
  console.error(
    'usage: npm run mutate -- FOLDER [--count=100] [--seed=1] [--tests=a,b] [--timeout=SECONDS] [--test-timeout=SECONDS] [--jobs=2] [--at=FILE:LINE,…]',
  );
  process.exit(2);
}
const tests = values.tests?.split(',') ?? [folder.replace(/^src\//, 'test/')];

/** What is replaced by what: the first group of a pattern stays in front, so that a place has its context. */
const rules = [
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ < (?=[\w(])/g, ' <= '],
  [/ > (?=[\w(])/g, ' >= '],
  [/ <= /g, ' > '],
  [/ >= /g, ' < '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ \?\? /g, ' && '],
  [/ \+ (?=[\w(])/g, ' - '],
  [/ - (?=[\w(])/g, ' + '],
  [/ \* (?=[\w(])/g, ' / '],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/(?<![\w.'])(\d[\d_]*)(?![\w.'])/g, (text) => String(Number(text.replaceAll('_', '')) * 100 + 1)],
  [/if \(!/g, 'if ('],
  [/\.some\(/g, '.every('],
  [/\.every\(/g, '.some('],
  [/Math\.min\(/g, 'Math.max('],
  [/Math\.max\(/g, 'Math.min('],
  // A whole statement: a call or an assignment on a line of its own.
  [/^ +(?:await |void )?[\w.#?]+(?:\(.*\)|\+\+| [+-]?= .*);$/gm, ''],
  [/^ +if \(.*\) (?:return|continue|break|throw)\b.*;$/gm, ''],
];

/** mulberry32: small, seeded, good enough to choose places. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Comments, texts, types and imports are no logic: blanked, so that places keep their numbers. */
const blank = (text) => text.replace(/[^\n]/g, '·');
function logicOf(source) {
  return source
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, blank)
    .replace(/^import [\s\S]*?;$/gm, blank)
    .replace(/^(?:export )?(?:interface|type) [\s\S]*?^(?:\}|.*;)$/gm, blank)
    .replace(/'[^'\n]*'/g, blank)
    .replace(/`[^`]*`/g, blank);
}

function placesOf(file) {
  const source = readFileSync(file, 'utf8');
  const logic = logicOf(source);
  return rules.flatMap(([pattern, to]) =>
    [...logic.matchAll(pattern)].map(({ index, 0: found }) => {
      const replaced = typeof to === 'function' ? to(found) : to;
      const mutant = source.slice(0, index) + replaced + source.slice(index + found.length);
      return {
        file,
        line: source.slice(0, index + 1).split('\n').length,
        from: source.slice(index, index + found.length).trim(),
        to: replaced.trim(),
        mutant,
      };
    }),
  );
}

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(folder, name));
const places = files.flatMap(placesOf);
const next = random(Number(values.seed));
const chosen = [];
while (chosen.length < Number(values.count) && places.length > 0)
  chosen.push(...places.splice(Math.floor(next() * places.length), 1));
// Of those, some again: what a test was written for.
const again = values.at?.split(',');
if (again !== undefined)
  chosen.splice(0, chosen.length, ...chosen.filter(({ file, line }) => again.includes(`${file}:${line}`)));

/** A copy of the tree for each run at a time: a mutant in one is none in the other. */
function copyTree() {
  const copy = mkdtempSync(join(tmpdir(), 'memoir-mutate-'));
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
  for (const name of readdirSync('.')) {
    if (name.startsWith('.') || ['data', 'dist', 'coverage'].includes(name)) continue;
    if (name === 'node_modules') symlinkSync(resolve(name), join(copy, name));
    else cpSync(name, join(copy, name), { recursive: true });
  }
  return copy;
}
/** Process groups of the runs that have not ended. */
const running = new Set();
const end = (group) => process.kill(-group, 'SIGKILL');
process.on('exit', () => running.forEach(end));
const copies = Array.from({ length: Number(values.jobs) }, copyTree);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** Processes that a run left: a mutant that loops hears of no end, and may write without one until the memory is full. */
function endStrays(copy) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(copy)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Gone meanwhile.
    }
}

/** The test files that name a source file, or are named after it: most mutants are killed by one of them, in a fraction of the time. */
const testFiles = tests.flatMap((path) =>
  path.endsWith('.ts')
    ? [path]
    : readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.test\.tsx?$/.test(name))
        .map((name) => join(path, name)),
);
const isNamedAfter = (test, file) => /^[-.]/.test(basename(test).split(basename(file, '.ts'))[1] ?? '');
const nearest = (file) =>
  testFiles.filter((test) => isNamedAfter(test, file) || readFileSync(test, 'utf8').includes(`/${basename(file)}'`));

/** Whether the tests pass; what does not end is noticed too. */
function passes(copy, chosenTests = tests) {
  const args = ['run', '--config', 'test/vitest.config.ts', '--bail=1', '--reporter=dot'];
  // What waits for ever is over sooner than a test of the project; a busy machine needs more.
  const limitMs = Number(values['test-timeout']) * 1000;
  args.push(`--testTimeout=${limitMs}`, `--hookTimeout=${limitMs}`, ...chosenTests);
  // A mutant may also write without end: files of at most 1 GiB, in a folder that goes with the run.
  const own = mkdtempSync(join(copy, '.tmp-'));
  const child = spawn('sh', ['-c', 'ulimit -f 2097152; exec "$0" "$@"', resolve('node_modules/.bin/vitest'), ...args], {
    cwd: copy,
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, TMPDIR: own },
  });
  running.add(child.pid);
  return new Promise((done) => {
    const timer = setTimeout(() => end(child.pid), Number(values.timeout) * 1000);
    child.on('exit', (code) => {
      clearTimeout(timer);
      running.delete(child.pid);
      endStrays(copy);
      rmSync(own, { recursive: true, force: true });
      done(code === 0);
    });
  });
}

if (!(await passes(copies[0]))) {
  console.error(`the tests in ${tests.join(', ')} do not pass as they are`);
  process.exit(2);
}
let killed = 0;
let done = 0;
const waiting = [...chosen];
async function work(copy) {
  for (let chance = waiting.shift(); chance !== undefined; chance = waiting.shift()) {
    const { file, line, from, to, mutant } = chance;
    const original = readFileSync(join(copy, file), 'utf8');
    writeFileSync(join(copy, file), mutant);
    const first = nearest(file);
    const survives = (first.length === 0 || (await passes(copy, first))) && (await passes(copy));
    writeFileSync(join(copy, file), original);
    if (survives) console.log(`survives: ${file}:${line}  ${from}  →  ${to || '(nothing)'}`);
    else killed += 1;
    done += 1;
    if (done % 10 === 0) console.error(`${done} of ${chosen.length}: ${killed} killed`);
  }
}
await Promise.all(copies.map(work));
console.log(`${folder}: ${killed} of ${chosen.length} mutants killed (seed ${values.seed}, ${files.length} files)`);
process.exitCode = killed >= chosen.length * 0.85 ? 0 : 1;
