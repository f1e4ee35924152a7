import { Worker } from 'node:worker_threads';
import type { Closable } from '../domain/closable.ts';
import { fromErrorShape, MemoirError } from '../domain/memoir-error.ts';
import type { ModuleReference } from '../domain/module-reference.ts';
import type { Remote, Service, ServiceReply, ServiceRequest, ThreadData } from './service.ts';

/**
 * The embedded database: one thread that writes, one that reads. Services are opened by reference, so this room knows none
 * of them. A service on the reading thread sees everything that was committed before its call.
 */
export interface Database extends Closable {
  /** Opens a service. Writing ones first: they make the tables. The service's name is unique on its thread. */
  service<S extends Service>(name: string, reference: ModuleReference, mode?: 'write' | 'read'): Promise<Remote<S>>;
}

export interface DatabaseOptions {
  /** How long to wait for another process that keeps the file locked before DATABASE_BUSY. */
  readonly busyTimeoutMs?: number;
}

/** `path` is made if it is missing; its folder is not. */
export function openDatabase(path: string, { busyTimeoutMs = 5_000 }: DatabaseOptions = {}): Database {
  const writer = startThread({ path, mode: 'write', busyTimeoutMs });
  let reader: Thread | undefined;
  let closed = false;

  return {
    async service<S extends Service>(name: string, reference: ModuleReference, mode: 'write' | 'read' = 'write') {
      if (closed) throw new MemoirError('DATABASE_FAILED', 'the database is closed');
      if (mode === 'read') reader ??= startThread({ path, mode, busyTimeoutMs });
      const thread = mode === 'read' ? (reader as Thread) : writer;
      await thread.send({ type: 'open', service: name, module: reference.module, options: reference.options });
      const call =
        (method: string) =>
        (...args: unknown[]) =>
          thread.send({ type: 'call', service: name, method, args });
      return new Proxy({} as Remote<S>, {
        // `then` must be absent, or awaiting the proxy would call the thread.
        get: (_, method) => (typeof method === 'string' && method !== 'then' ? call(method) : undefined),
      });
    },
    async close() {
      closed = true;
      await reader?.close();
      await writer.close();
    },
  };
}

type Unnumbered<R> = R extends ServiceRequest ? Omit<R, 'id'> : never;

interface Thread extends Closable {
  send(request: Unnumbered<ServiceRequest>): Promise<unknown>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: MemoirError): void;
}

function startThread(data: ThreadData): Thread {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: data });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: MemoirError | undefined;
  let closing: Promise<void> | undefined;

  worker.on('message', (reply: ServiceReply) => {
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.ok) call?.resolve(reply.value);
    else call?.reject(fromErrorShape(reply.error));
  });
  const end = (error: MemoirError) => {
    ended ??= error;
    for (const call of waiting.values()) call.reject(ended);
    waiting.clear();
  };
  worker.on('error', (cause) => end(new MemoirError('DATABASE_FAILED', 'the database thread has failed', { cause })));
  worker.on('exit', () => end(new MemoirError('DATABASE_FAILED', 'the database is closed')));

  const send: Thread['send'] = (request) => {
    if (ended !== undefined) return Promise.reject(ended);
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      // Throws for arguments that cannot be cloned, before anything waits for an answer.
      worker.postMessage({ ...request, id });
      waiting.set(id, { resolve, reject });
    });
  };

  return {
    send,
    close() {
      closing ??= (async () => {
        const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
        if (ended !== undefined) return;
        await send({ type: 'close' }).catch(() => worker.terminate());
        await exited;
      })();
      return closing;
    },
  };
}
