import { fieldOf, isObject } from '../../domain/field.ts';
import { MemoirError } from '../../domain/memoir-error.ts';

type Parameters = Readonly<Record<string, unknown>>;
type Listener = (parameters: Parameters) => void;

interface Waiting {
  readonly method: string;
  readonly resolve: (result: Parameters) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One session of the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/v8/), over whatever carries its
 * texts: a WebSocket, or for a worker thread another session.
 */
export class ProtocolSession {
  readonly #post: (text: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, Set<Listener>>();
  #next = 1;
  #ended: Error | null = null;

  constructor(post: (text: string) => void) {
    this.#post = post;
  }

  /** A call's result. Rejects with the signal's reason, when the session ends, or with CAPTURE_FAILED if the target refuses. */
  async send(method: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<Parameters> {
    if (this.#ended !== null) throw this.#ended;
    signal?.throwIfAborted();
    const id = this.#next++;
    const answer = new Promise<Parameters>((resolve, reject) => {
      this.#waiting.set(id, { method, resolve, reject });
    });
    const abort = () => this.#waiting.get(id)?.reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      this.#post(JSON.stringify({ id, method, params: parameters }));
      return await answer;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#waiting.delete(id);
    }
  }

  /** Calls the listener for every event of that name until the returned function is called. */
  on(event: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** A text from the target. */
  receive(text: string): void {
    const message: unknown = JSON.parse(text);
    const id = fieldOf(message, 'id');
    if (typeof id !== 'number') {
      const parameters = parametersOf(message, 'params');
      for (const listener of this.#listeners.get(String(fieldOf(message, 'method'))) ?? []) listener(parameters);
      return;
    }
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    const error = fieldOf(message, 'error');
    if (error === undefined) waiting.resolve(parametersOf(message, 'result'));
    else {
      const reason = fieldOf(error, 'message') ?? 'without a reason';
      waiting.reject(new MemoirError('CAPTURE_FAILED', `the target refused ${waiting.method}: ${reason}`));
    }
  }

  /** Nothing comes any more: whoever waits is told why. */
  end(error: Error): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function parametersOf(message: unknown, name: 'params' | 'result'): Parameters {
  const found = fieldOf(message, name);
  return isObject(found) ? found : {};
}
