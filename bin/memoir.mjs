#!/usr/bin/env node
// Starts Memoir on the Node that it is built for, whatever Node the machine has. Plain JavaScript that Node 18 understands. A package holds
// JavaScript in dist/; a checkout runs src/ as written.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'src/main.ts');
const main = existsSync(sources) ? sources : join(root, 'dist/main.js');
const oldestNode = 24;

function pinnedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/package.json`);
    const node = join(dirname(manifest), 'bin/node');
    return existsSync(node) ? node : null;
  } catch {
    return null;
  }
}

const isNewEnough = Number.parseInt(process.versions.node, 10) >= oldestNode;
const node = pinnedNode() ?? (isNewEnough ? process.execPath : null);
const args = [main, ...process.argv.slice(2)];
// glibc reads these when a process starts: they keep the server's memory small (docs/decisions/0003).
const settings = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };
const isServer = process.argv[2] === 'serve';

if (node === null) {
  process.stderr.write(
    `memoir: needs Node ${oldestNode} or newer, this is ${process.version}, and the Node that comes with it was not installed.\n` +
      '  Install again without --omit=optional, or with a newer Node on the PATH.\n',
  );
  process.exitCode = 1;
} else if (node === process.execPath && !isServer) {
  process.argv[1] = main;
  await import(main);
} else {
  const env = isServer ? { ...settings, ...process.env } : process.env;
  const child = spawn(node, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`memoir: ${node} cannot be run: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
