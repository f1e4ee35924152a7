import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';

/** What goes wrong on the way; changed while it runs. */
export interface ExecFaults {
  /** Between two messages to the client. */
  delayMs?: number;
  /** The connection breaks, without a word, after so many bytes of one program's output. */
  cutAfterBytes?: number;
  /** The program's output is held up because the client takes nothing. */
  onBlocked?: () => void;
}

interface Place {
  readonly faults: ExecFaults;
  readonly violations: string[];
  readonly running: Set<ChildProcess>;
}

const maxBufferedBytes = 1024 * 1024;
const maxMessageBytes = 32 * 1024;

/**
 * One `exec` as kubelets serve it: each message is a channel's byte and its content. To lose the connection ends the program's
 * standard input and nothing else: a program that does not read it runs on.
 */
export function serveExec(socket: WebSocket, run: () => ChildProcess, { faults, violations, running }: Place): void {
  const child = run();
  running.add(child);
  const open = () => socket.readyState === socket.OPEN;
  const send = (channel: number, content: Buffer): Promise<void> =>
    new Promise((resolve) => {
      if (!open()) return resolve();
      socket.send(Buffer.concat([Buffer.of(channel), content]), () => resolve());
    });

  let sent = 0;
  const forward = async (channel: number, source: NodeJS.ReadableStream | null): Promise<void> => {
    for await (const piece of source ?? []) {
      const bytes = piece as Buffer;
      for (let offset = 0; offset < bytes.length; offset += maxMessageBytes) {
        if (faults.delayMs !== undefined) await sleep(faults.delayMs);
        const message = bytes.subarray(offset, offset + maxMessageBytes);
        sent += message.length;
        const written = send(channel, message);
        if (socket.bufferedAmount > maxBufferedBytes) {
          faults.onBlocked?.();
          await written;
        }
        if (sent > (faults.cutAfterBytes ?? Number.POSITIVE_INFINITY)) socket.terminate();
      }
    }
  };

  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (!isBinary) return refuse('a text message');
    const content = data.subarray(1);
    if (data[0] === 0) {
      child.stdin?.write(content);
      return;
    }
    if (data[0] === 255 && socket.protocol === 'v5.channel.k8s.io' && content.equals(Buffer.of(0))) {
      child.stdin?.end();
      return;
    }
    refuse(`a message on channel ${data[0]} of ${socket.protocol}`);
  });
  const refuse = (what: string) => {
    violations.push(what);
    socket.close(1002);
  };
  socket.on('error', () => undefined);
  socket.on('close', () => child.stdin?.end());
  child.stdin?.on('error', () => undefined);

  const outputs = Promise.all([forward(1, child.stdout), forward(2, child.stderr)]).catch(() => undefined);
  const end = async (body: object) => {
    running.delete(child);
    await outputs;
    await send(3, Buffer.from(JSON.stringify({ metadata: {}, ...body })));
    socket.close();
  };
  child.on('error', (error) => {
    const message = `Internal error occurred: OCI runtime exec failed: unable to start container process: ${error.message}`;
    void end({ status: 'Failure', message, reason: 'InternalError', details: { causes: [{ message }] }, code: 500 });
  });
  child.on('exit', (code, signal) => {
    const exitCode = code ?? (signal === 'SIGKILL' ? 137 : 143);
    if (exitCode === 0) return void end({ status: 'Success' });
    const message = `command terminated with exit code ${exitCode}`;
    const causes = [{ reason: 'ExitCode', message: String(exitCode) }];
    void end({ status: 'Failure', reason: 'NonZeroExitCode', message, details: { causes } });
  });
}
