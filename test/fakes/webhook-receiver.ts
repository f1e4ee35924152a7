import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body, as an object. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect.
  readonly event: any;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly received: Received[];
  /** What becomes of the next requests; 204 when nobody says otherwise. */
  answer: (response: ServerResponse, request: Received) => void;
  /** Resolves when so many requests have come. */
  count(wanted: number): Promise<void>;
  stop(): Promise<void>;
}

/** Somebody's service that takes webhooks: a real HTTP server on loopback. Ended with the test. */
export async function webhookReceiver(port = 0): Promise<WebhookReceiver> {
  const received: Received[] = [];
  let waiting: (() => void)[] = [];
  const receiver: Omit<WebhookReceiver, 'url'> = {
    received,
    answer: (response) => void response.writeHead(204).end(),
    async count(wanted) {
      while (received.length < wanted) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close').catch(() => undefined);
    },
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const one = { headers: request.headers, body, event: JSON.parse(body) };
    received.push(one);
    receiver.answer(response, one);
    const told = waiting;
    waiting = [];
    for (const tell of told) tell();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(receiver, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` });
}
