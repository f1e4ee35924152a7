import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate authority of one test's own. */
export interface Authority {
  readonly certificate: string;
  /** Issues `NAMEcert.pem` and `NAMEkey.pem` into `folder`. `san` is openssl's subjectAltName. */
  issue(folder: string, name: 'server' | 'client', san?: string): Promise<void>;
}

/** Makes an authority in `folder`: cacert.pem, as libvirt calls it, and its key. */
export async function createAuthority(folder: string): Promise<Authority> {
  await mkdir(folder, { recursive: true });
  const certificate = join(folder, 'cacert.pem');
  const key = join(folder, 'cakey.pem');
  await openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=Test authority', '-keyout', key, '-out', certificate],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  );
  return {
    certificate,
    async issue(target, name, san) {
      await mkdir(target, { recursive: true });
      const at = (file: string): string => join(target, file);
      const extensions = [
        'basicConstraints=CA:FALSE',
        'keyUsage=critical,digitalSignature,keyEncipherment',
        `extendedKeyUsage=${name}Auth`,
        ...(san === undefined ? [] : [`subjectAltName=${san}`]),
      ];
      await writeFile(at(`${name}.ext`), `${extensions.join('\n')}\n`);
      await openssl(
        ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`],
        ...['-keyout', at(`${name}key.pem`), '-out', at(`${name}.csr`)],
      );
      await openssl(
        ...['x509', '-req', '-days', '2', '-in', at(`${name}.csr`), '-extfile', at(`${name}.ext`)],
        ...['-CA', certificate, '-CAkey', key, '-CAcreateserial', '-out', at(`${name}cert.pem`)],
      );
    },
  };
}

async function openssl(...args: string[]): Promise<void> {
  await run('openssl', args);
}
