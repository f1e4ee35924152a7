import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../src/libvirt/connect.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { patient } from '../../fakes/libvirt/patient.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';
import { type Authority, createAuthority } from './certificates.ts';
import { freePort } from './free-port.ts';

// With TLS 1.3 the client is done before the server has looked at its certificate; with 1.2 after. Both must be told apart
// from a certificate of the server's that we do not accept.
describe.skipIf(lacksBench()).each([
  ['TLS 1.3', 'NORMAL'],
  ['TLS 1.2', 'NORMAL:-VERS-TLS1.3'],
])('libvirtd behind %s', { timeout: 60_000 }, (_version, priority) => {
  let folder: string;
  let bench: Bench;
  let port: number;
  const opened: Connection[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'libvirt-tls-'));
    const authority = await createAuthority(join(folder, 'ca'));
    const rogue = await createAuthority(join(folder, 'rogue-ca'));
    await authority.issue(join(folder, 'server'), 'server', 'DNS:localhost');
    /** A pkipath: whose word is taken, and who has signed ours. */
    const pki = async (name: string, trusted: Authority, signer: Authority): Promise<void> => {
      await mkdir(join(folder, name));
      await copyFile(trusted.certificate, join(folder, name, 'cacert.pem'));
      await signer.issue(join(folder, name), 'client');
    };
    await pki('good', authority, authority);
    await pki('rejected', authority, rogue);
    await pki('distrusting', rogue, authority);
    await mkdir(join(folder, 'incomplete'));
    await copyFile(authority.certificate, join(folder, 'incomplete', 'cacert.pem'));

    port = await freePort();
    bench = await startBench({
      libvirtdArgs: ['--listen'],
      libvirtdConf: `
        listen_tls = 1
        listen_addr = "127.0.0.1"
        tls_port = "${port}"
        tls_priority = "${priority}"
        ca_file = "${authority.certificate}"
        cert_file = "${join(folder, 'server', 'servercert.pem')}"
        key_file = "${join(folder, 'server', 'serverkey.pem')}"`,
    });
  }, 300_000);
  afterAll(async () => {
    await bench?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((connection) => connection.close()));
  });

  const uri = (pki: string, host = 'localhost', more = ''): string =>
    `test+tls://${host}:${port}/default?pkipath=${join(folder, pki)}${more}`;

  async function dial(target: string): Promise<Connection> {
    const connection = await connect(target);
    opened.push(connection);
    return connection;
  }

  it('is spoken to with certificates of both sides, events and keepalive included', async () => {
    const connection = await dial(uri('good'));
    const { domains } = await connection.call('connectListAllDomains', { need: 1, flags: 0 });
    const seen: number[] = [];
    await connection.subscribe('lifecycle', ({ event }) => seen.push(event));
    await connection.call('domainSuspend', { domain: domains[0]! });
    await connection.call('domainResume', { domain: domains[0]! });
    await expect.poll(() => seen, patient).toEqual([3, 4]);
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => connection.call('domainGetXmlDesc', { domain: domains[0]!, flags: 0 })),
    );
    expect(new Set(answers).size).toBe(1);
  });

  it('answers all that is asked at once, with nothing else on the wire to wake it', async () => {
    // Two messages in one record were answered at the next ping of the keepalive, which is off here.
    const connection = await connect(uri('good'), { keepaliveIntervalMs: 0, callTimeoutMs: 10_000 });
    opened.push(connection);
    for (let round = 0; round < 20; round++) {
      const names = Array.from({ length: 4 }, () => connection.call('connectGetHostname', {}));
      expect(new Set(await Promise.all(names)).size).toBe(1);
    }
  });

  it('rejects our certificate where another authority signed it, and we say so', async () => {
    await expect(dial(uri('rejected'))).rejects.toMatchObject({
      code: 'CERTIFICATE_REJECTED',
      text: expect.stringMatching(/server rejected our certificate/),
      mend: expect.any(String),
    });
  });

  it('is not believed where another authority signed its certificate, unless told not to look', async () => {
    await expect(dial(uri('distrusting'))).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' });
    await dial(uri('distrusting', 'localhost', '&no_verify=1'));
  });

  it('is not believed under a name that its certificate does not have', async () => {
    await expect(dial(uri('good', '127.0.0.1'))).rejects.toMatchObject({
      code: 'CERTIFICATE_INVALID',
      text: expect.stringMatching(/altnames/),
    });
  });

  it('is not tried without a certificate of our own, and the missing file is named', async () => {
    await expect(dial(uri('incomplete'))).rejects.toMatchObject({
      code: 'CERTIFICATE_MISSING',
      text: expect.stringContaining(join(folder, 'incomplete', 'clientcert.pem')),
    });
  });

  it('that is not there, does not speak TLS, or says nothing at all is an error of its own each', async () => {
    const closed = await freePort();
    const at = (number: number): string => uri('good').replace(`:${port}/`, `:${number}/`);
    await expect(dial(at(closed))).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
    const plain = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('SSH-2.0-hello\r\n');
    });
    const mute = createServer((socket) => void socket.on('error', () => undefined));
    for (const server of [plain, mute]) await once(server.listen(0, '127.0.0.1'), 'listening');
    const [plainPort, mutePort] = [plain, mute].map((server) => (server.address() as AddressInfo).port);
    await expect(dial(at(plainPort as number))).rejects.toMatchObject({ code: 'PROTOCOL' });
    await expect(connect(at(mutePort as number), { connectTimeoutMs: 300 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    for (const server of [plain, mute]) server.close();
  });
});
