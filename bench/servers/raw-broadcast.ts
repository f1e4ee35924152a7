import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { answerUsage } from './usage.ts';

// The least that a fan-out can cost: one text, made once, to every socket, ten times a second.

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (message) => {
    if (String(message).includes('connection_init')) socket.send('{"type":"connection_ack"}');
  });
});
let doneBytes = 0;
setInterval(() => {
  doneBytes += 1_000_000;
  const progress = {
    percent: 0.1,
    doneBytes,
    bytesPerSecond: 49_812_345.6,
    secondsLeft: 20_031.4,
  };
  const dumpProgress = {
    id: '019f0000-0000-7000-8000-000000000000',
    vmName: 'web-01',
    state: 'RUNNING',
    phase: null,
    message: 'Running',
    final: false,
    progress,
  };
  const text = JSON.stringify({ id: '1', type: 'next', payload: { data: { dumpProgress } } });
  for (const client of server.clients) client.send(text);
}, 100);
await new Promise((resolve) => server.once('listening', resolve));
answerUsage((server.address() as AddressInfo).port);
