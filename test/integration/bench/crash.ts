/** A program for bench.test.ts: starts a bench and a guest, says where, and waits to be killed. */
import { startBench } from './bench.ts';
import { idle } from './programs.ts';

const bench = await startBench();
const guest = await bench.startGuest({ name: 'orphan', program: idle() });
process.stdout.write(`${JSON.stringify({ folder: bench.folder, pid: await guest.pid() })}\n`);
setInterval(() => {}, 1 << 30);
