import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import type { Closable } from '../../domain/closable.ts';
import { MemoirError } from '../../domain/memoir-error.ts';

/** Longest line that is read: what a storage daemon says of a hundred exports is far shorter. */
const maxLineLength = 1 << 20;
const answerMs = 30_000;

/** A refusal of QEMU's, in its own words. */
export class QmpError extends Error {
  override readonly name = 'QmpError';
}

export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** QEMU's machine protocol (docs/interop/qmp-spec.rst) over a unix socket: one command at a time, events in between. */
export interface QmpClient extends Closable {
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Calls with every event until the returned function is called. */
  onEvent(listener: (event: QmpEvent) => void): () => void;
  /** Resolves when the other side has gone. */
  readonly closed: Promise<void>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Connects and takes part in the greeting. Rejects if nobody listens there. */
export async function connectQmp(path: string): Promise<QmpClient> {
  const socket = connect(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const client = speak(socket);
  try {
    await client.execute('qmp_capabilities');
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

const qmpMessage = z.object({
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.object({ desc: z.string() }).optional(),
  event: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

function parse(line: string): z.infer<typeof qmpMessage> | null {
  try {
    return qmpMessage.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

function speak(socket: Socket): QmpClient {
  const listeners = new Set<{ readonly listener: (event: QmpEvent) => void }>();
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let rest = '';

  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineLength) socket.destroy(new Error('a line without an end'));
    for (const line of lines) if (line.trim() !== '') take(line);
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  void closed.then(() => {
    for (const call of waiting.values())
      call.reject(new MemoirError('PROVIDER_UNAVAILABLE', 'the storage daemon has ended'));
    waiting.clear();
  });

  function take(line: string): void {
    const message = parse(line);
    if (message === null) return void socket.destroy(new Error('a line that is not QMP'));
    if (message.event !== undefined) {
      const event = { event: message.event, data: message.data ?? {} };
      for (const { listener } of [...listeners]) listener(event);
    }
    if (message.id === undefined) return;
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error !== undefined) call?.reject(new QmpError(message.error.desc));
    else call?.resolve(message.return);
  }

  return {
    closed,
    execute(command, args = {}) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new MemoirError('PROVIDER_UNAVAILABLE', 'the storage daemon has ended'));
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new MemoirError('TIMEOUT', `the storage daemon did not answer ${command} within ${answerMs} ms`));
        }, answerMs);
        const settle =
          <T>(work: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer);
            work(value);
          };
        waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
        socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
      });
    },
    onEvent(listener) {
      const mine = { listener };
      listeners.add(mine);
      return () => void listeners.delete(mine);
    },
    async close() {
      socket.destroy();
      await closed;
    },
  };
}
