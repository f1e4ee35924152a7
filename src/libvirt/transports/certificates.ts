import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LibvirtError } from '../error.ts';

/** The files that TLS needs (https://libvirt.org/kbase/tlscerts.html). */
export interface CertificatePaths {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** Certificates that the CA takes back; may be absent. */
  readonly revoked: string;
}

export interface CertificateOptions {
  /** One folder with all of them: the `pkipath` of the URI. */
  readonly folder?: string | undefined;
  readonly homeDirectory?: string | undefined;
  /** Root never looks into its home. Default: the user of this process. */
  readonly userId?: number | undefined;
}

const system: CertificatePaths = {
  ca: '/etc/pki/CA/cacert.pem',
  certificate: '/etc/pki/libvirt/clientcert.pem',
  key: '/etc/pki/libvirt/private/clientkey.pem',
  revoked: '/etc/pki/CA/cacrl.pem',
};

/** Where libvirt looks: the named folder; else, for a user, `~/.pki/libvirt` with the system's as the second choice. */
export function certificatePaths(options: CertificateOptions): CertificatePaths {
  if (options.folder !== undefined) return inFolder(options.folder);
  if ((options.userId ?? process.getuid?.()) === 0) return system;
  const own = inFolder(join(options.homeDirectory ?? homedir(), '.pki', 'libvirt'));
  const identity = existsSync(own.certificate) && existsSync(own.key) ? own : system;
  return {
    ca: existsSync(own.ca) ? own.ca : system.ca,
    certificate: identity.certificate,
    key: identity.key,
    revoked: existsSync(own.revoked) ? own.revoked : system.revoked,
  };
}

function inFolder(folder: string): CertificatePaths {
  return {
    ca: join(folder, 'cacert.pem'),
    certificate: join(folder, 'clientcert.pem'),
    key: join(folder, 'clientkey.pem'),
    revoked: join(folder, 'cacrl.pem'),
  };
}

/** What node:tls takes, read from the files. */
export async function readCertificates(
  paths: CertificatePaths,
): Promise<{ ca: Buffer; cert: Buffer; key: Buffer; crl?: Buffer }> {
  // In turn, so that of several that are missing always the same one is named.
  const ca = await needed(paths.ca);
  const cert = await needed(paths.certificate);
  const key = await needed(paths.key);
  const crl = existsSync(paths.revoked) ? await needed(paths.revoked) : undefined;
  return crl === undefined ? { ca, cert, key } : { ca, cert, key, crl };
}

async function needed(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new LibvirtError('CERTIFICATE_MISSING', `TLS needs ${path}: ${(cause as Error).message}`, { cause });
  }
}
