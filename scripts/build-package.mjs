// `npm pack` calls this first: JavaScript of the server and the command line in dist/, the dashboard in client/dist, and the exact
// versions of the dependencies in npm-shrinkwrap.json. Node runs no TypeScript below node_modules, so the types are
// stripped here: blanks take their place, and every line and column stays where it was.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

process.chdir(join(import.meta.dirname, '..'));
const target = 'dist';

/** Modules are named in imports, and in the URLs of those that threads and processes are started with. */
const specifier = /((?:\bfrom|\bimport|\bimport\(|\bnew URL\()\s*)(['"])(\.{1,2}\/[^'"]+)\.ts\2/g;

function toJavaScript(source) {
  return stripTypeScriptTypes(source, { mode: 'strip' }).replaceAll(specifier, '$1$2$3.js$2');
}

/**
 * The lock file as a package carries it: without what only development needs, and with addresses, so that npm needs no list of
 * versions and installs from its cache alone. npm puts the configured registry in place of the public one.
 */
function toShrinkwrap(lock) {
  const packages = Object.entries(lock.packages)
    .filter(([, entry]) => !entry.dev)
    .map(([path, entry]) => [path, path === '' ? entry : { resolved: addressOf(path, entry), ...entry }]);
  return { ...lock, packages: Object.fromEntries(packages) };
}

function addressOf(path, { name = path.slice(path.lastIndexOf('node_modules/') + 13), version }) {
  return `https://registry.npmjs.org/${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
}

function build() {
  rmSync(target, { recursive: true, force: true });
  for (const path of readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.ts'))) {
    const code = toJavaScript(readFileSync(join('src', path), 'utf8'));
    const left = /['"]\.{1,2}\/[^'"\n]+\.ts['"]/.exec(code);
    if (left) throw new Error(`src/${path} names ${left[0]} in a way that this script does not rewrite`);
    const to = join(target, path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, code);
  }
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  writeFileSync('npm-shrinkwrap.json', `${JSON.stringify(toShrinkwrap(lock), null, 2)}\n`);
  const dashboard = spawnSync(process.execPath, ['scripts/build-client.mjs'], { stdio: ['ignore', 2, 2] });
  if (dashboard.status !== 0) throw new Error('the dashboard could not be built');
}

build();
