import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { connectQmp } from '../../src/volumes/exports/qmp-client.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it.each(['no JSON at all', '[]', '{"id":"seven"}'])(
  'a line of the storage daemon that is no QMP ends the connection, not the server: %s',
  async (line) => {
    const server = createServer((socket) => {
      socket.write('{"QMP":{"version":{},"capabilities":[]}}\n');
      socket.once('data', () => {
        socket.write('{"return":{},"id":1}\n');
        socket.once('data', () => socket.write(`${line}\n`));
      });
      socket.on('error', () => undefined);
    });
    const path = join(temporaryFolder(), 'qmp.sock');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    const client = await connectQmp(path);
    await expect(client.execute('query-block-exports')).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    await client.closed;
  },
);
