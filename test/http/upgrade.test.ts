import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startTestServer } from '../fakes/server.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);
const question = JSON.stringify({ query: '{ session { name } }' });
const answer = { data: { session: { name: 'local' } } };

describe('an upgrade to anything but a WebSocket', () => {
  it.skipIf(lacks('curl'))('is ignored: curl --http2 gets its answer', async () => {
    const { url } = await startTestServer();
    const json = ['-H', 'content-type: application/json', '-d', question];
    const { stdout } = await run('curl', ['-sS', '--http2', `${url}/graphql`, ...json]);
    expect(JSON.parse(stdout)).toEqual(answer);
    const stats = await run('curl', ['-sS', '--fail', '--http2', `${url}/api/memory-dumps/stats`]);
    expect(JSON.parse(stats.stdout)).toMatchObject({ total_dumps: 0 });
  });

  it.skipIf(lacks('java'))('is ignored: Java’s HttpClient gets its answer', async () => {
    const { url } = await startTestServer();
    const file = join(temporaryFolder(), 'Ask.java');
    writeFileSync(
      file,
      `import java.net.URI; import java.net.http.*;
       class Ask { public static void main(String[] a) throws Exception {
         var request = HttpRequest.newBuilder(URI.create(a[0])).header("content-type", "application/json")
           .POST(HttpRequest.BodyPublishers.ofString(a[1])).build();
         System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
       } }`,
    );
    const { stdout } = await run('java', ['-XX:TieredStopAtLevel=1', file, `${url}/graphql`, question]);
    expect(JSON.parse(stdout)).toEqual(answer);
  });

  it.each(['h2c', 'foo', 'TLS/1.0, h2c'])('is ignored on the wire: %s', async (protocol) => {
    const { port } = await startTestServer();
    const socket = connect(port, '127.0.0.1');
    socket.end(`GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: ${protocol}\r\n\r\n`);
    expect((await socket.setEncoding('utf8').toArray()).join('')).toMatch(/^HTTP\/1.1 200 /);
  });
});
