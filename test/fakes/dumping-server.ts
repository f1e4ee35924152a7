import { flushCompileCache } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { machine } from './machines.ts';
import { openTestServer } from './open-server.ts';

// A server for a process of its own: node dumping-server.ts FOLDER PORT MACHINES. Its dumps end by themselves after a moment, every tenth
// badly. Killed and started again on the same folder and port, it goes on.

// It is killed: what was compiled for it would not be there for the next one otherwise.
flushCompileCache();

const [folder = '', port = '0', count = '100'] = process.argv.slice(2);
const machines = Array.from({ length: Number(count) }, (_, index) => machine(index));
const server = await openTestServer({ folder, port: Number(port), machines, parallel: 4 });
process.stdout.write(`${server.url}\n`);
for (let number = 1; ; number++) {
  const run = await server.dumping.next();
  void sleep(20).then(() => (number % 10 === 0 ? run.fail(new Error('this one fails')) : run.finish()));
}
