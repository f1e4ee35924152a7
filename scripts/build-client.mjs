// `npm start` calls this first: it builds the dashboard when its sources are not those of the last build, and is done in
// a moment when they are. Plain JavaScript: it runs before anything else does.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

process.chdir(join(import.meta.dirname, '..'));
const target = 'client/dist';
const stamp = join(target, '.sources');

/** Names, sizes and times of everything that a build reads: also a deleted file changes it. */
function fingerprint() {
  const hash = createHash('sha256');
  const sources = readdirSync('client', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(target));
  for (const path of [...sources, 'package-lock.json'].sort()) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Beside each file that gets smaller by it, the same in gzip and brotli: the server sends what a browser takes. */
function compress(folder) {
  const texts = readdirSync(folder, { recursive: true }).filter((path) => /\.(html|js|css|svg)$/.test(path));
  for (const path of texts) {
    const plain = readFileSync(join(folder, path));
    const forms = { gz: gzipSync(plain, { level: 9 }), br: brotliCompressSync(plain) };
    for (const [ending, bytes] of Object.entries(forms)) {
      if (bytes.length < plain.length * 0.9) writeFileSync(join(folder, `${path}.${ending}`), bytes);
    }
  }
}

const sources = fingerprint();
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) process.exit(0);

const vite = 'node_modules/vite/bin/vite.js';
if (!existsSync(vite)) {
  const consequence = existsSync(target)
    ? 'the dashboard stays as it was built last'
    : 'the server runs without dashboard';
  process.stderr.write(`memoir: development packages are not installed (npm ci --omit=dev?): ${consequence}.\n`);
  process.exit(0);
}

process.stderr.write('memoir: building the dashboard…\n');
const started = Date.now();
// Built beside and swapped in whole: a server that runs meanwhile never serves half a build.
const fresh = `node_modules/.cache/memoir-dashboard-${process.pid}`;
const stale = `${fresh}-old`;
mkdirSync('node_modules/.cache', { recursive: true });
const build = spawnSync(
  process.execPath,
  [
    vite,
    'build',
    '--config',
    'client/vite.config.ts',
    '--outDir',
    `../${fresh}`,
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ],
  // Whatever this process is for (a test, say): the dashboard is always built for use.
  { stdio: ['ignore', 2, 2], env: { ...process.env, NODE_ENV: 'production' } },
);
if (build.status !== 0) {
  rmSync(fresh, { recursive: true, force: true });
  process.stderr.write('memoir: the dashboard could not be built; see above.\n');
  process.exit(1);
}
compress(fresh);
writeFileSync(join(fresh, '.sources'), sources);
if (existsSync(target)) renameSync(target, stale);
renameSync(fresh, target);
rmSync(stale, { recursive: true, force: true });
process.stderr.write(`memoir: dashboard built in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`);
