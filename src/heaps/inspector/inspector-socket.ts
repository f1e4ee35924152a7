import { request } from 'node:http';
import { WebSocket } from 'ws';
import type { Closable } from '../../domain/closable.ts';
import { fieldOf } from '../../domain/field.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { AwakeInspector } from '../heap-target.ts';
import { ProtocolSession } from './protocol-session.ts';

/** One message; V8 sends chunks of about 100 kB. */
const maxMessageBytes = 64 * 1024 * 1024;
/** Shorter than what the target waits before it closes its inspector. */
const closeTimeoutMs = 300;
const maxListBytes = 256 * 1024;

export interface InspectorSocket extends Closable {
  readonly session: ProtocolSession;
  /** Resolves when the connection is gone, from whichever side. */
  readonly ended: Promise<void>;
  /** While true nothing more is read; the target then keeps in its own memory what it has to say. */
  hold(on: boolean): void;
}

/** Connects to an inspector that is awake. TARGET_UNAVAILABLE if what answers there is no inspector of Node.js. */
export async function openInspectorSocket(inspector: AwakeInspector, signal: AbortSignal): Promise<InspectorSocket> {
  const path = await debuggerPath(inspector, signal);
  const connection = await inspector.dial(signal);
  const socket = new WebSocket(`ws://127.0.0.1${path}`, {
    // The host is fixed: inspectors refuse foreign names as a protection against DNS rebinding.
    createConnection: () => connection as never,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  });
  const session = new ProtocolSession((text) => socket.send(text));
  const gone = (cause?: unknown) =>
    session.end(new MemoirError('TARGET_GONE', 'the connection to the process ended', { cause }));
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => {
      gone();
      resolve();
    });
  });
  socket.on('error', gone);
  socket.on('message', (data) => {
    if (Buffer.isBuffer(data)) session.receive(data.toString('utf8'));
  });
  const abort = () => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the connection was closed')));
    });
  } catch (cause) {
    socket.terminate();
    signal.throwIfAborted();
    throw new MemoirError('TARGET_UNAVAILABLE', 'the inspector does not take the connection', { cause });
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return {
    session,
    ended,
    hold: (on) => (on ? socket.pause() : socket.resume()),
    close: async () => {
      socket.close();
      const late = setTimeout(() => socket.terminate(), closeTimeoutMs).unref();
      await ended;
      clearTimeout(late);
    },
  };
}

/** The path of the process's own debugger, as `/json/list` names it. */
async function debuggerPath(inspector: AwakeInspector, signal: AbortSignal): Promise<string> {
  const list = await getJson(inspector, '/json/list', signal);
  const [entry] = Array.isArray(list) ? list : [];
  const url = fieldOf(entry, 'webSocketDebuggerUrl');
  if (typeof url !== 'string' || !/^ws:\/\/[^/]+\/[0-9a-zA-Z-]{1,100}$/.test(url)) {
    throw new MemoirError('TARGET_UNAVAILABLE', 'what answers at the inspector’s port is not Node.js');
  }
  return url.replace(/^ws:\/\/[^/]+/, '');
}

/** Asks the inspector's HTTP side; what is not JSON or too large is TARGET_UNAVAILABLE. */
export async function getJson(
  inspector: Pick<AwakeInspector, 'dial'>,
  path: string,
  signal: AbortSignal,
): Promise<unknown> {
  const connection = await inspector.dial(signal);
  try {
    const text = await new Promise<string>((resolve, reject) => {
      const headers = { host: '127.0.0.1', connection: 'close' };
      const asked = request({ createConnection: () => connection, path, headers, signal }, (answer) => {
        let body = '';
        answer.setEncoding('latin1');
        answer.on('data', (piece: string) => {
          body += piece;
          if (body.length > maxListBytes) asked.destroy(new Error('the answer is too long'));
        });
        answer.on('end', () => resolve(body));
        answer.on('error', reject);
      });
      asked.on('error', reject);
      asked.end();
    });
    return JSON.parse(text);
  } catch (cause) {
    signal.throwIfAborted();
    throw new MemoirError('TARGET_UNAVAILABLE', 'the inspector does not respond', { cause });
  } finally {
    connection.destroy();
  }
}
