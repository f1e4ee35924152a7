import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createStorageDaemon } from '../../src/volumes/exports/storage-daemon.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { openVolumeServer } from '../fakes/volumes/volume-server.ts';
import { type Authority, createAuthority } from '../integration/libvirt/certificates.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);
const size = 2 ** 20;
const caller = { actor: 'tester' };

/** A folder of certificates as QEMU and libnbd name them. */
async function certificatesFor(authority: Authority, name: 'server' | 'client', san?: string): Promise<string> {
  const [issued, folder] = [temporaryFolder(), temporaryFolder()];
  await authority.issue(issued, name, san);
  await copyFile(authority.certificate, join(folder, 'ca-cert.pem'));
  for (const part of ['cert', 'key'])
    await copyFile(join(issued, `${name}${part}.pem`), join(folder, `${name}-${part}.pem`));
  return folder;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(lacks('qemu-storage-daemon', 'qemu-img', 'nbdinfo', 'nbdcopy'))('exports over TLS', () => {
  async function open() {
    const authority = await createAuthority(temporaryFolder());
    const certificates = await certificatesFor(authority, 'server', 'IP:127.0.0.1');
    const tls = { host: '127.0.0.1', port: await freePort(), certificates };
    const folder = temporaryFolder();
    const server = await openVolumeServer(folder, { open: openSameThreadDatabase, tls });
    onTestFinished(() => server.close());
    const { volumes, ended, disks } = server;
    await ended(volumes.create({ name: 'data', sizeBytes: size, placement: { zone: null, offering: null } }, caller));
    const { id } = (await volumes.get('data')) as { id: string };
    const bytes = randomBytes(size);
    await writeFile(disks.fileOf(id), bytes);
    expect(await ended(volumes.addExport('data', false, caller))).toMatchObject({ state: 'COMPLETED' });
    const uri = (await volumes.get('data'))?.export?.uri as string;
    return { ...server, authority, folder, tls, uri, bytes, image: disks.fileOf(id) };
  }
  const withCertificates = (uri: string, folder: string): string => `${uri}?tls-certificates=${folder}`;

  it('show a volume’s bytes to a client with a certificate of the same authority, and to nobody else', async () => {
    const { authority, uri, tls, bytes, image } = await open();
    expect(uri).toBe(`nbds://127.0.0.1:${tls.port}/data`);
    const mine = await certificatesFor(authority, 'client');
    const copy = join(temporaryFolder(), 'copy');
    await run('nbdcopy', [withCertificates(uri, mine), copy]);
    expect((await readFile(copy)).equals(bytes)).toBe(true);
    const info = JSON.parse((await run('nbdinfo', ['--json', withCertificates(uri, mine)])).stdout);
    expect(info).toMatchObject({ TLS: true });
    expect(info.exports).toMatchObject([{ 'export-name': 'data', 'export-size': size, is_read_only: true }]);
    const remote = `driver=nbd,server.type=inet,server.host=127.0.0.1,server.port=${tls.port},export=data,tls-creds=tls`;
    await run('qemu-img', [
      ...['compare', '--object', `tls-creds-x509,id=tls,endpoint=client,dir=${mine}`, '--image-opts', remote],
      `driver=raw,file.driver=file,file.filename=${image}`,
    ]);

    // Both trust this server; it trusts neither.
    const stranger = await certificatesFor(await createAuthority(temporaryFolder()), 'client');
    const nobody = temporaryFolder();
    for (const folder of [stranger, nobody]) await copyFile(authority.certificate, join(folder, 'ca-cert.pem'));
    const plain = uri.replace('nbds:', 'nbd:');
    for (const attempt of [withCertificates(uri, stranger), withCertificates(uri, nobody), plain])
      await expect(run('nbdinfo', ['--json', attempt]), attempt).rejects.toThrow();
  });

  it('end where an older configuration had them', async () => {
    const { folder, tls, uri, authority, daemon } = await open();
    const mine = await certificatesFor(authority, 'client');
    await run('nbdinfo', [withCertificates(uri, mine)]);
    // A server that comes after one that was killed: the daemon of that one runs on.
    await (await daemon.client()).close();
    const next = createStorageDaemon({ folder: join(folder, 'nbd'), tls: { ...tls, port: await freePort() } });
    onTestFinished(() => next.close());
    expect(await (await next.client()).execute('query-block-exports')).toEqual([]);
    await expect(run('nbdinfo', [withCertificates(uri, mine)])).rejects.toThrow();
  });

  it('are refused with the reason where there are no certificates', async () => {
    const empty = join(temporaryFolder(), 'a,folder');
    await mkdir(empty);
    const tls = { host: '127.0.0.1', port: await freePort(), certificates: empty };
    const daemon = createStorageDaemon({ folder: join(temporaryFolder(), 'nbd'), tls });
    await expect(daemon.client()).rejects.toMatchObject({
      code: 'NOT_CONFIGURED',
      message: expect.stringContaining(`${empty}/`),
      hint: expect.stringContaining('VOLUME_NBD_TLS'),
    });
  });
});
