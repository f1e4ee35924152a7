import { parentPort } from 'node:worker_threads';
import { CaptureSession } from './capture-session.ts';

// The thread of one capture. Commands and reports are all that it shares with the server; no byte of a guest's memory passes
// the server's own event loop.

const port = parentPort;
if (port === null) throw new Error('dumps/pipeline/thread.ts runs as a worker only');
const session = new CaptureSession((report) => port.postMessage(report));
port.on('message', (command) => session.take(command));
await session.ended;
setImmediate(() => port.close());
