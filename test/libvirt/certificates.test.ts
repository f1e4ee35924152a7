import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificatePaths, readCertificates } from '../../src/libvirt/transports/certificates.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const system = {
  ca: '/etc/pki/CA/cacert.pem',
  certificate: '/etc/pki/libvirt/clientcert.pem',
  key: '/etc/pki/libvirt/private/clientkey.pem',
  revoked: '/etc/pki/CA/cacrl.pem',
};

/** A home with these files in ~/.pki/libvirt. */
function home(...files: string[]): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, '.pki', 'libvirt'), { recursive: true });
  for (const file of files) writeFileSync(join(folder, '.pki', 'libvirt', file), file);
  return folder;
}

describe('the certificates of TLS', () => {
  it('are the system’s for root, and for a user who has none', () => {
    const homeDirectory = home('cacert.pem', 'clientcert.pem', 'clientkey.pem');
    expect(certificatePaths({ userId: 0, homeDirectory })).toEqual(system);
    expect(certificatePaths({ userId: 1000, homeDirectory: home() })).toEqual(system);
  });

  it('are the user’s own first; certificate and key only together', () => {
    const homeDirectory = home('cacert.pem', 'clientcert.pem', 'clientkey.pem');
    const own = join(homeDirectory, '.pki', 'libvirt');
    expect(certificatePaths({ userId: 1000, homeDirectory })).toEqual({
      ca: join(own, 'cacert.pem'),
      certificate: join(own, 'clientcert.pem'),
      key: join(own, 'clientkey.pem'),
      revoked: system.revoked,
    });
    const half = home('clientcert.pem');
    expect(certificatePaths({ userId: 1000, homeDirectory: half })).toEqual(system);
  });

  it('lie together in a folder that the URI names, revocations included where there are some', async () => {
    const folder = join(home('cacert.pem', 'clientcert.pem', 'clientkey.pem', 'cacrl.pem'), '.pki', 'libvirt');
    const files = await readCertificates(certificatePaths({ folder, userId: 0 }));
    expect(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, String(bytes)]))).toEqual({
      ca: 'cacert.pem',
      cert: 'clientcert.pem',
      key: 'clientkey.pem',
      crl: 'cacrl.pem',
    });
  });

  it('that are missing are named', async () => {
    const folder = temporaryFolder();
    await expect(readCertificates(certificatePaths({ folder }))).rejects.toMatchObject({
      code: 'CERTIFICATE_MISSING',
      text: expect.stringContaining(join(folder, 'cacert.pem')),
    });
  });
});
