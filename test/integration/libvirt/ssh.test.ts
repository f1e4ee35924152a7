import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../src/libvirt/connect.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import type { ConnectOptions } from '../../../src/libvirt/connection-options.ts';
import { patient } from '../../fakes/libvirt/patient.ts';
import { lacks } from '../../system.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';
import { type SshServer, startSshServer } from './ssh-server.ts';

const run = promisify(execFile);

describe.skipIf(lacksBench() || lacks('sshd', 'virt-ssh-helper'))('libvirtd behind ssh', { timeout: 60_000 }, () => {
  let bench: Bench;
  let ssh: SshServer;
  const opened: Connection[] = [];

  beforeAll(async () => {
    bench = await startBench();
    ssh = await startSshServer(bench.namespace, join(bench.folder, 'ssh'));
  }, 300_000);
  afterAll(async () => {
    await ssh?.[Symbol.asyncDispose]();
    await bench?.close();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((connection) => connection.close()));
  });

  interface Route {
    readonly path?: string;
    readonly key?: string;
    readonly knownHosts?: string;
    readonly more?: string;
  }

  /** This machine over ssh, without whatever its user has configured. */
  async function dial(route: Route = {}, options: ConnectOptions = {}): Promise<Connection> {
    const { path = 'test+ssh', key = ssh.keyPath, knownHosts = ssh.knownHostsPath, more = '' } = route;
    const name = path.startsWith('test') ? 'default' : 'system';
    const uri = `${path}://${userInfo().username}@127.0.0.1:${ssh.port}/${name}?keyfile=${key}&known_hosts=${knownHosts}${more}`;
    const connection = await connect(uri, {
      ssh: { arguments: ['-F', 'none', '-o', 'IdentitiesOnly=yes'] },
      ...options,
    });
    opened.push(connection);
    return connection;
  }

  it.each([
    ['virt-ssh-helper', ''],
    ['netcat', '&proxy=netcat'],
    ['netcat on a socket of its own', '&socket=/run/libvirt/libvirt-sock'],
  ])('is reached through %s, for calls and events', async (_way, more) => {
    const connection = await dial({ more });
    const { domains } = await connection.call('connectListAllDomains', { need: 1, flags: 0 });
    expect(domains.map(({ name }) => name)).toEqual(['test']);
    const seen: number[] = [];
    await connection.subscribe('lifecycle', ({ event }) => seen.push(event));
    await connection.call('domainSuspend', { domain: domains[0]! });
    await connection.call('domainResume', { domain: domains[0]! });
    await expect.poll(() => seen, patient).toEqual([3, 4]);
  });

  it('carries streams both ways', async () => {
    const connection = await dial({ path: 'qemu+ssh' });
    const folder = join(bench.exchange, 'ssh-pool');
    await mkdir(folder);
    const xml = `<pool type="dir"><name>ssh</name><target><path>${folder}</path></target></pool>`;
    const pool = await connection.call('storagePoolCreateXml', { xml, flags: 0 });
    const definition = '<volume><name>v</name><capacity>3000000</capacity></volume>';
    const volume = await connection.call('storageVolCreateXml', { pool, xml: definition, flags: 0 });
    const bytes = randomBytes(3_000_000);
    await pipeline(Readable.from([bytes]), await connection.upload(volume));
    expect((await buffer(await connection.download(volume))).equals(bytes)).toBe(true);
  });

  it('lets a connection that only looks do no more than look', async () => {
    for (const more of ['', '&proxy=netcat']) {
      const connection = await dial({ more }, { readOnly: true });
      const domain = await connection.call('domainLookupByName', { name: 'test' });
      await expect(connection.call('domainSuspend', { domain })).rejects.toMatchObject({ code: 'OPERATION_DENIED' });
    }
  });

  it('that does not take our key, or that we do not know, fails without a question', async () => {
    await expect(dial({ key: ssh.otherKeyPath })).rejects.toMatchObject({
      code: 'SSH_FAILED',
      text: expect.stringMatching(/Permission denied/),
    });
    await expect(dial({ knownHosts: '/dev/null' })).rejects.toMatchObject({
      code: 'SSH_FAILED',
      text: expect.stringMatching(/Host key verification failed/),
    });
    await dial({ knownHosts: '/dev/null', more: '&no_verify=1' });
  });

  it('without the socket that was named says so', async () => {
    await expect(dial({ more: '&socket=/run/libvirt/none' })).rejects.toMatchObject({
      code: 'SSH_FAILED',
      text: expect.stringMatching(/no libvirt socket on this host: \/run\/libvirt\/none/),
    });
  });

  it('leaves no ssh and no helper behind', async () => {
    const open = [await dial(), await dial({ more: '&proxy=netcat' }), await dial()];
    expect(await processes()).toHaveLength(6);
    await Promise.all(open.map((connection) => connection.close()));
    await expect.poll(processes, { timeout: 10_000 }).toEqual([]);
  });

  /** Commands of ours: ssh to this port, and helpers that see this bench's folders. */
  async function processes(): Promise<string[]> {
    const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
    return stdout.split('\n').filter((line) => {
      const [pid, program] = line.trim().split(/\s+/, 2);
      if (program === 'ssh') return line.includes(` -p ${ssh.port} `);
      return /^(virt-ssh-helper|nc)$/.test(program ?? '') && seesBench(Number(pid));
    });
  }

  function seesBench(pid: number): boolean {
    try {
      return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(`${bench.folder}/run `);
    } catch {
      return false; // it is gone
    }
  }

  it('is lost when ssh dies', async () => {
    const connection = await dial();
    const line = (await processes()).find((text) => text.includes(' ssh -F none '));
    process.kill(Number.parseInt(line?.trim() ?? '', 10));
    expect(await connection.closed).toMatchObject({ code: 'SSH_FAILED' });
    await expect(connection.call('connectGetHostname', {})).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});
