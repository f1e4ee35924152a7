// Some npm versions install `node-linux-*` but forget the `node` link in node_modules/.bin (seen in npm 10.2 to 11.5).
// Every npm script of this project relies on that link, so it is made here when it is missing. Plain JavaScript on
// purpose: this runs on whatever Node the machine has.
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';

const link = 'node_modules/.bin/node';
const pinned = `node-linux-${process.arch}/bin/node`;

if (process.platform !== 'linux') {
  process.stdout.write('memoir: no pinned Node for this platform; Node 24 or newer must be on the PATH.\n');
} else if (!existsSync(`node_modules/${pinned}`)) {
  process.stdout.write(`memoir: node_modules/${pinned} was not installed (was npm called with --omit=optional?).\n`);
} else if (!existsSync(link)) {
  mkdirSync('node_modules/.bin', { recursive: true });
  symlinkSync(`../${pinned}`, link);
}
