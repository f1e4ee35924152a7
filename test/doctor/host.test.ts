import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { examineHere } from '../../src/doctor/examine.ts';
import { examineHost } from '../../src/doctor/host-checks.ts';
import type { FolderFacts, HostFacts } from '../../src/doctor/host-facts.ts';
import { memoir } from '../fakes/command-line.ts';
import { startTestServer } from '../fakes/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const gib = 1024 ** 3;
const folder: FolderFacts = {
  name: 'DUMP_DIR',
  path: '/srv/dumps',
  state: 'writable',
  mode: 0o700,
  freeBytes: 500 * gib,
  totalBytes: 900 * gib,
  freeInodes: 1e6,
  totalInodes: 1e7,
};
const healthy: HostFacts = {
  uid: 0,
  umask: 0o077,
  libvirt: { uri: 'qemu:///system', reason: null },
  isDemo: false,
  userfaultfd: '1',
  qemuUsers: ['libvirt-qemu'],
  security: { appArmor: true, seLinux: null },
  ptraceScope: 1,
  cgroupFreeBytes: null,
  folders: [folder],
  clockSynchronised: true,
  clockOffsetMs: 0,
  docker: { socket: null, usable: false },
  port: { number: 4000, state: 'memoir' },
  unit: 'active',
};
/** What is said of a machine that differs in this. */
const troubles = (change: Partial<HostFacts>) =>
  examineHost({ ...healthy, ...change }).filter(({ state }) => state !== 'ok');

describe('the doctor', () => {
  it('finds nothing on a healthy machine', () => {
    expect(troubles({})).toEqual([]);
  });

  it.each<[string, Partial<HostFacts>, string, string, string]>([
    [
      'libvirt is down',
      { libvirt: { uri: 'qemu:///system', reason: 'ECONNREFUSED' } },
      'libvirt',
      'broken',
      'systemctl start libvirtd',
    ],
    ['the kernel has no userfaultfd', { userfaultfd: null }, 'userfaultfd', 'broken', 'CONFIG_USERFAULTFD'],
    [
      'QEMU may not use userfaultfd',
      { userfaultfd: '0' },
      'userfaultfd',
      'look',
      'sysctl -w vm.unprivileged_userfaultfd=1',
    ],
    [
      'the dump folder is read-only',
      { folders: [{ ...folder, state: 'read-only' }] },
      'DUMP_DIR',
      'broken',
      'remount,rw',
    ],
    ['the disk is full', { folders: [{ ...folder, freeBytes: 0 }] }, 'DUMP_DIR: space', 'broken', 'memoir delete'],
    ['no inodes are left', { folders: [{ ...folder, freeInodes: 3 }] }, 'DUMP_DIR: inodes', 'broken', 'du --inodes'],
    ['the clock is off', { clockOffsetMs: -3_600_000 }, 'clock', 'broken', 'timedatectl set-ntp true'],
    ['the clock follows nothing', { clockSynchronised: false }, 'clock', 'look', 'timedatectl set-ntp true'],
    ['the cgroup is nearly full', { cgroupFreeBytes: 1024 }, 'memory', 'broken', 'MemoryMax'],
    ['nobody may ptrace', { ptraceScope: 3 }, 'ptrace', 'look', 'ptrace_scope=3'],
    ['another program has the port', { port: { number: 4000, state: 'taken' } }, 'port 4000', 'broken', 'ss -ltnp'],
    ['the unit has failed', { unit: 'failed' }, 'service', 'broken', 'journalctl -u memoir'],
    [
      'Docker is not for this user',
      { docker: { socket: '/d.sock', usable: false } },
      'Docker',
      'look',
      'usermod -aG docker',
    ],
    ['it runs as a common user', { uid: 1000, ptraceScope: 0 }, 'rights', 'look', 'usermod -aG libvirt'],
    [
      'SELinux is enforcing',
      { security: { appArmor: false, seLinux: 'enforcing' } },
      'AppArmor and SELinux',
      'look',
      'ausearch',
    ],
  ])('says that %s, and what mends it', (_, change, about, state, mend) => {
    const found = troubles(change);
    expect(found).toMatchObject([{ about, state }]);
    expect(found[0]?.mend).toContain(mend);
    expect(found[0]?.consequence).toBeTruthy();
  });

  it('asks this machine itself, and mends what is harmless', async () => {
    const root = temporaryFolder();
    const dumpDir = join(root, 'dumps');
    const heapDir = join(root, 'heaps');
    mkdirSync(heapDir);
    chmodSync(heapDir, 0o755);
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const settings = {
      dataDir: root,
      dumpDir,
      heapDir,
      host: '127.0.0.1',
      port,
      dockerSocket: join(root, 'none.sock'),
      libvirtUri: `qemu:///system?socket=${root}/none`,
    };
    const look = () => examineHere(settings, { answers: false, clockOffsetMs: null });
    const { findings, fix } = await look();
    const of = (name: string) => findings.find(({ about }) => about === name);
    expect(of('libvirt')).toMatchObject({ state: 'broken' });
    expect(of('DUMP_DIR')).toMatchObject({ state: 'look', fix: { type: 'make-folder' } });
    expect(of('HEAP_DIR')).toMatchObject({ state: 'look', finding: `${heapDir} has mode 755` });
    expect(of('Docker')).toMatchObject({ state: 'look' });
    expect(of(`port ${port}`)).toMatchObject({ state: 'broken' });
    expect(await fix()).toEqual([`made ${dumpDir}`, `${heapDir} has mode 700 now`]);
    expect([statSync(dumpDir).mode & 0o777, statSync(heapDir).mode & 0o777]).toEqual([0o700, 0o700]);
    expect((await look()).findings.filter((one) => one.fix !== null)).toEqual([]);
  });

  it('goes on where no server answers, and where the token is wrong', async () => {
    const findings = [{ about: 'libvirt', state: 'broken' as const, finding: 'no', consequence: 'c', mend: 'm' }];
    const doctor = { examine: async () => ({ findings, fix: async () => [] }) };
    const bare = await memoir('http://127.0.0.1:9', ['doctor'], { doctor });
    expect(bare.code).toBe(1);
    expect(bare.out).toMatch(/BROKEN +server: .*does not respond[\s\S]*BROKEN +libvirt: no\n +c\n +m/);
    const { url, access } = await startTestServer();
    await access.createToken({ name: 'root', role: 'ADMIN', expiresAtMs: null }, 'test');
    const wrong = await memoir(url, ['--json', 'doctor'], { doctor, token: 'x'.repeat(40) });
    expect(JSON.parse(wrong.out)).toMatchObject([
      { about: 'access', state: 'broken', mend: expect.stringContaining('--local') },
      { about: 'libvirt' },
    ]);
  });
});
