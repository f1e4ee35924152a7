import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerUsage } from './usage.ts';

// The least that an answer of this size can cost: the body is read, and a text that is there already is sent.

const text = 'x'.repeat(Number(process.argv[2]));
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response
      .writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': text.length })
      .end(text);
  });
});
server.listen(0, '127.0.0.1', () => answerUsage((server.address() as AddressInfo).port));
