import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { follow, next } from '../fakes/graphql-client.ts';
import { machine } from '../fakes/machines.ts';
import type { TestServer } from '../fakes/open-server.ts';
import { startTestServer } from '../fakes/server.ts';
import { heldBytes } from '../held-memory.ts';
import { thorough } from '../thorough.ts';

// Faults 18 and 19: clients that do not read, too many subscriptions, connections that come and go.

/** Subscriptions that one socket asks for, and rounds of 50 connections. */
const [wanted, rounds] = thorough ? [10_000, 20] : [2_000, 6];

const limits = { heartbeatMs: 250, maxBacklogBytes: 1024 * 1024, maxOperations: 20 };

/** A subscription whose messages are made large by aliases: some 50 kB each. */
const query = `subscription { vmChanges { ${Array.from({ length: 100 }, (_, n) => `a${n}: name`).join(' ')} } }`;
const machines = Array.from({ length: 200 }, (_, n) => machine(n, { name: `${n}-`.padEnd(500, 'x') }));

function connectEvents(port: number): Socket {
  const body = JSON.stringify({ query });
  const client = connect(port, '127.0.0.1');
  client.write(
    `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return client;
}

/** Subscribes over a socket that is never read from. */
async function subscribeDeaf({ port, hypervisor }: TestServer, transport: 'ws' | 'sse'): Promise<Socket | WebSocket> {
  const others = hypervisor.listeners.size;
  let client: Socket | WebSocket;
  if (transport === 'sse') {
    client = connectEvents(port);
    client.pause();
  } else {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
    client = socket;
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send('{"type":"connection_init"}');
    await new Promise((resolve) => socket.once('message', resolve));
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
    socket.pause();
  }
  client.on('error', () => undefined);
  onTestFinished(() => (client instanceof WebSocket ? client.terminate() : void client.destroy()));
  await expect.poll(() => hypervisor.listeners.size).toBe(others + 1);
  return client;
}

describe.each(['ws', 'sse'] as const)('a subscriber that never reads, over %s', (transport) => {
  it('is cut off, costs next to nothing until then, and disturbs nobody', async () => {
    const server = await startTestServer({ machines, limits });
    const other = follow(server.url, 'subscription { vmChanges { name } }');
    let heard = 0;
    const first = next(other);
    await expect.poll(() => server.hypervisor.listeners.size).toBe(1);
    await subscribeDeaf(server, transport);
    const before = heldBytes();
    let most = before;
    const flood = setInterval(() => {
      for (const one of machines) server.hypervisor.tell({ type: 'CHANGED', machine: one });
    }, 10);
    await first;
    void (async () => {
      for await (const _ of other) heard++;
    })().catch(() => undefined);
    // The deaf one is gone when its listener is; the other one still listens.
    await expect
      .poll(
        () => {
          most = Math.max(most, heldBytes());
          return server.hypervisor.listeners.size;
        },
        { timeout: 15_000, interval: 200 },
      )
      .toBe(1);
    const after = heard;
    await expect.poll(() => heard).toBeGreaterThan(after);
    clearInterval(flood);
    expect(most - before).toBeLessThan(50 * 1024 * 1024);
    expect(server.log.lines).toEqual([]);
  });
});

describe('a socket', () => {
  it('may have so many operations at a time, and is told when it wants more', async () => {
    // The flood keeps this process, which is client and server, from answering pings in time.
    const server = await startTestServer({ limits: { ...limits, heartbeatMs: 60_000 } });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws');
    onTestFinished(() => socket.terminate());
    const messages: { id: string; type: string; payload: { extensions: { code: string } }[] }[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data))));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send('{"type":"connection_init"}');
    await expect.poll(() => messages.length).toBe(1);
    const payload = { query: 'subscription { vmChanges { id } }' };
    for (let id = 1; id <= wanted; id++) socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload }));
    await expect.poll(() => messages.length, { timeout: 20_000 }).toBe(1 + wanted - limits.maxOperations);
    expect(server.hypervisor.listeners.size).toBe(limits.maxOperations);
    expect(messages[1]).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] });
  });

  it('that sends what is too large, binary, or not the protocol is closed', async () => {
    const server = await startTestServer({ limits: { ...limits, maxPayloadBytes: 1000 } });
    const attempts: [string | Buffer, number][] = [
      ['x'.repeat(1001), 1009],
      [Buffer.from('{"type":"connection_init"}'), 4400],
      ['rubbish', 4400],
      ['{"type":"subscribe","id":"1","payload":{"query":"{ vms { id } }"}}', 4401],
    ];
    for (const [message, code] of attempts) {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws');
      await new Promise((resolve) => socket.once('open', resolve));
      socket.send(message);
      expect(await new Promise((resolve) => socket.once('close', resolve))).toBe(code);
    }
    expect(server.log.lines).toEqual([]);
  });
});

describe('one caller', () => {
  it('may have so many sockets and streams, and no more', async () => {
    const server = await startTestServer({ limits: { ...limits, maxConnectionsPerActor: 3, heartbeatMs: 60_000 } });
    await subscribeDeaf(server, 'ws');
    await subscribeDeaf(server, 'sse');
    const third = await subscribeDeaf(server, 'ws');
    await expect(follow(server.url, query).next()).rejects.toMatchObject({ code: 1013 });
    const refused = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query }),
    });
    expect([refused.status, await refused.json()]).toMatchObject([
      413,
      { errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] },
    ]);
    (third as WebSocket).terminate();
    await expect.poll(() => server.hypervisor.listeners.size).toBe(2);
    await subscribeDeaf(server, 'sse');
  });
});

describe(`${50 * rounds} connections that come and go`, () => {
  it.each(['ws', 'sse'] as const)('leave nothing behind, over %s', async (transport) => {
    const server = await startTestServer({ limits });
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    for (let round = 0; round < rounds; round++) {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          if (transport === 'sse') {
            const client = connectEvents(server.port);
            await new Promise((resolve) => client.once('data', resolve));
            client.destroy();
            return;
          }
          const socket = new WebSocket(`ws://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws');
          await new Promise((resolve) => socket.once('open', resolve));
          socket.send('{"type":"connection_init"}');
          await new Promise((resolve) => socket.once('message', resolve));
          socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
          socket.terminate();
        }),
      );
    }
    await expect.poll(() => server.hypervisor.listeners.size, { timeout: 5000 }).toBe(0);
    await expect.poll(descriptors, { timeout: 10_000 }).toBeLessThan(before + 10);
  });
});
