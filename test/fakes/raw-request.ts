import { request } from 'node:http';
import { WebSocket } from 'ws';

interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** One request with exactly these headers: `fetch` would not let Host and Origin be set. */
export function send(port: number, { method = 'POST', path = '/graphql', headers = {}, body }: RawRequest) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const all = { connection: 'close', ...headers };
    const outgoing = request({ port, host: '127.0.0.1', method, path, headers: all });
    outgoing.on('error', reject).on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    outgoing.end(body);
  });
}

/** The status of a WebSocket's upgrade with these headers; 101 if it opens. */
export function upgrade(port: number, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', { headers });
  return new Promise<number>((resolve) => {
    socket.on('open', () => resolve(101)).on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => undefined);
  }).finally(() => socket.terminate());
}
