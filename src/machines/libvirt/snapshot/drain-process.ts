import { closeSync, write as writeTo } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { SnapshotSocket, type SnapshotSockets } from './snapshot-socket.ts';

// A process of its own that reads one snapshot's stream to its end, whatever happens: to the server that started it, to the
// disk, to the operation. Before QEMU 8.1 a snapshot whose stream is not read to its end freezes its guest for ever.
//
// Arguments: one, the job as JSON. Descriptor 3: the spool, a file without a name. Lines on standard output: "ready", "at BYTES" while it goes, then "end BYTES" or "lost WHY".
// A line on standard input, or its end (the server died), means: nobody wants the bytes any more. Then they are thrown
// away, and still read.

export interface DrainJob {
  readonly sockets: SnapshotSockets;
  /** What is reserved in the spool. */
  readonly spoolBytes: number;
}

/** Bytes that may wait for a slow disk; what comes beyond that is thrown away, and with it the image: the guest comes first. */
const waitingBytes = 64 * 1024 * 1024;
/** How long QEMU may take to connect when nobody waits for its stream any more. */
const loneMs = 30_000;

const job: DrainJob = JSON.parse(process.argv[2] ?? '');
const spool = 3;
const writeAt = promisify(writeTo);
let lost: string | undefined;
let received = 0;
let written = 0;
let waiting = 0;
let writing: Promise<void> = Promise.resolve();

/** Nobody may be listening any more; that is no reason to stop. */
process.stdout.on('error', () => undefined);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => lose('the server was stopped'));
process.on('uncaughtException', (error) => lose(error.message));

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function lose(why: string): void {
  lost ??= why;
}

/** Queues a write; never waits for it. */
function keep(chunk: Buffer): void {
  received += chunk.length;
  if (received > job.spoolBytes) lose(`the stream is longer than the ${job.spoolBytes} bytes that were reserved`);
  else if (waiting + chunk.length > waitingBytes) lose('the disk is too slow; the guest would have to wait');
  if (lost !== undefined) return;
  waiting += chunk.length;
  writing = writing.then(() => write(chunk)).catch((error: Error) => lose(error.message));
}

async function write(chunk: Buffer): Promise<void> {
  let done = 0;
  while (done < chunk.length && lost === undefined) {
    const { bytesWritten } = await writeAt(spool, chunk, done, chunk.length - done, written + done);
    done += bytesWritten;
  }
  waiting -= chunk.length;
  // What was lost half-way is not there to be read: zeros would be taken for the stream.
  written += done;
}

const listening = await SnapshotSocket.listen(job.sockets);
const lone = Promise.withResolvers<null>();
const commands = createInterface(process.stdin);
const unwanted = (): void => {
  lose('it is no longer needed');
  setTimeout(() => lone.resolve(null), loneMs).unref();
};
commands.on('line', unwanted);
commands.on('close', unwanted);
say('ready');

const socket = await Promise.race([listening.connected, lone.promise]);
if (socket !== null) {
  const report = setInterval(() => say(`at ${written}`), 50);
  const ended = Promise.withResolvers<void>();
  socket.on('data', keep);
  socket.on('close', () => ended.resolve());
  socket.resume();
  await ended.promise;
  await writing;
  clearInterval(report);
}
closeSync(spool);
await listening.close();
say(lost === undefined ? `end ${written}` : `lost ${lost.replace(/\s+/g, ' ')}`);
process.exit(0);
