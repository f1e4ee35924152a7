import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../server-process.ts';
import { lacks } from '../../system.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';
import type { Guest } from '../bench/guest.ts';
import { litmus } from '../bench/litmus.ts';
import { createAuthority } from '../libvirt/certificates.ts';
import { freePort } from '../libvirt/free-port.ts';
import { type SshServer, startSshServer } from '../libvirt/ssh-server.ts';
import { expectUntouched } from './invariant.ts';

// The whole server in front of a hypervisor of another host, with a real sshd and real certificates between them: nothing of
// ours runs there, and the server sees none of its folders.
describe.skipIf(lacksBench() || lacks('sshd', 'virt-ssh-helper', 'zstd'))(
  'a server whose hypervisor is far away',
  { timeout: 120_000 },
  () => {
    let bench: Bench;
    let guest: Guest;
    let ssh: SshServer;
    let pki: string;
    const uris = { ssh: '', tls: '' };

    beforeAll(async () => {
      pki = await mkdtemp(join(tmpdir(), 'memoir-pki-'));
      const authority = await createAuthority(join(pki, 'ca'));
      await authority.issue(join(pki, 'server'), 'server', 'DNS:localhost');
      await mkdir(join(pki, 'client'));
      await copyFile(authority.certificate, join(pki, 'client', 'cacert.pem'));
      await authority.issue(join(pki, 'client'), 'client');
      const port = await freePort();
      bench = await startBench({
        libvirtdArgs: ['--listen'],
        libvirtdConf: `
          listen_tls = 1
          listen_addr = "127.0.0.1"
          tls_port = "${port}"
          ca_file = "${authority.certificate}"
          cert_file = "${join(pki, 'server', 'servercert.pem')}"
          key_file = "${join(pki, 'server', 'serverkey.pem')}"`,
      });
      ssh = await startSshServer(bench.namespace, join(bench.folder, 'ssh'));
      uris.ssh = `qemu+ssh://${userInfo().username}@127.0.0.1:${ssh.port}/system?keyfile=${ssh.keyPath}&known_hosts=${ssh.knownHostsPath}`;
      uris.tls = `qemu+tls://localhost:${port}/system?pkipath=${join(pki, 'client')}`;
      guest = await bench.startGuest({ name: 'far', memoryMiB: 128, program: await litmus({ pages: 2048 }) });
      await guest.waitFor(/READY/);
    }, 300_000);
    afterAll(async () => {
      await ssh?.[Symbol.asyncDispose]();
      await bench?.close();
      await rm(pki, { recursive: true, force: true });
    });

    it.each(['ssh', 'tls'] as const)('makes a dump over %s that is whole and verified', async (transport) => {
      const server = await startServer(temporaryFolder(), { LIBVIRT_URI: uris[transport] });
      // A server does not wait for a hypervisor that takes its time.
      await expect
        .poll(() => server.query('{ service { hypervisor { state uri reason } } }'), { timeout: 30_000 })
        .toMatchObject({
          service: { hypervisor: { state: 'UP', uri: expect.stringContaining(`qemu+${transport}://`) } },
        });

      const { triggerDumps } = await server.query(
        'mutation { triggerDumps(input: { vms: ["far"] }) { accepted { id } rejected { code } } }',
      );
      const { id } = triggerDumps.accepted[0];
      const dump = await over(
        async () =>
          (
            await server.query(
              'query ($id: ID!) { dump(id: $id) { state method methodReason dumpPath sha256 rawSizeBytes guestPauseMs error { code message } record { state } } }',
              { id },
            )
          ).dump,
      );
      expect(dump).toMatchObject({
        state: 'COMPLETED',
        method: 'CORE_DUMP',
        methodReason: expect.stringMatching(/another host/),
        error: null,
        record: { state: 'AVAILABLE' },
      });
      expect(dump.rawSizeBytes).toBeGreaterThan(128 * 2 ** 20);
      expect(dump.guestPauseMs).toBeGreaterThan(0);
      expect(execFileSync('sha256sum', [dump.dumpPath]).toString().split(' ')[0]).toBe(dump.sha256);
      const image = execFileSync('zstd', ['-dcq', dump.dumpPath], { maxBuffer: 512 << 20 });
      expect(image.length).toBe(dump.rawSizeBytes);
      expect(image.subarray(0, 4).toString('latin1')).toBe('\x7fELF');

      const { verifyDump } = await server.query('mutation ($id: ID!) { verifyDump(id: $id) { operation { id } } }', {
        id,
      });
      const verification = await over(
        async () =>
          (
            await server.query('query ($id: ID!) { operation(id: $id) { state message } }', {
              id: verifyDump.operation.id,
            })
          ).operation,
      );
      expect(verification).toEqual({ state: 'COMPLETED', message: 'Verified: checksum matches' });

      await expectUntouched(guest);
      const there = await readdir(join(bench.folder, 'lib', 'qemu', 'dump'));
      expect(there.filter((name) => name.startsWith('memoir-'))).toEqual([]);
      expect(await server.end('SIGTERM')).toBe(0);
    });
  },
);

async function over<T extends { state: string }>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const now = await ask();
    if (!['QUEUED', 'RUNNING'].includes(now.state)) return now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
