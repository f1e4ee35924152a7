import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

// The whole server where the machine gives it less than it needs.

const readOnly = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"';
const inNamespace = ['--map-root-user', '--mount', 'sh', '-c'];
const noMounts = spawnSync('unshare', [...inNamespace, 'mount -t tmpfs none /mnt']).status !== 0;

it.skipIf(noMounts)('does not start on a dump folder that it cannot write, and says which and why', () => {
  const folder = temporaryFolder();
  const dumps = join(folder, 'dumps');
  mkdirSync(dumps);
  const { status, stderr, stdout } = spawnSync(
    'unshare',
    [...inNamespace, `${readOnly} && shift && exec "$@"`, 'sh', dumps, process.execPath, 'src/main.ts', 'serve'],
    {
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, HOST: '127.0.0.1', PORT: '0', DATA_DIR: folder, LIBVIRT_URI: 'demo:///' },
    },
  );
  expect(status).toBe(1);
  expect(`${stdout}${stderr}`).toContain(dumps);
  expect(`${stdout}${stderr}`).toContain('read-only');
  expect(stdout).not.toContain('listens on');
});

it.runIf(thorough)(
  'refuses by code what it has no descriptors for, loses nothing, and works again when it has some',
  async () => {
    const folder = temporaryFolder();
    const server = await startServer(folder);
    const pid = String(server.child.pid);
    const dump = async (): Promise<string> => {
      const { triggerDumps } = await server.query(
        'mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } rejected { code } } }',
      );
      for (;;) {
        const { dump } = await server.query('query ($id: ID!) { dump(id: $id) { state error { code } } }', {
          id: triggerDumps.accepted[0].id,
        });
        if (dump.state !== 'RUNNING' && dump.state !== 'QUEUED') return dump.error?.code ?? dump.state;
        await sleep(20);
      }
    };
    expect(await dump()).toBe('COMPLETED');
    const ends: string[] = [];
    for (const spare of [0, 1, 2, 4, 8]) {
      const open = readdirSync(`/proc/${pid}/fd`).length;
      execFileSync('prlimit', ['--pid', pid, `--nofile=${open + spare}:`]);
      ends.push(await dump());
    }
    expect(ends[0]).not.toBe('COMPLETED');
    // Whatever it lacks a descriptor for: a thread, a folder, a file.
    expect(ends.filter((end) => !['COMPLETED', 'STORAGE_FAILED', 'CAPTURE_FAILED'].includes(end))).toEqual([]);
    execFileSync('prlimit', ['--pid', pid, '--nofile=1024:']);
    expect(await dump()).toBe('COMPLETED');

    const completed = 2 + ends.filter((end) => end === 'COMPLETED').length;
    const files = readdirSync(join(folder, 'dumps'), { recursive: true, withFileTypes: true });
    expect(files.filter((entry) => entry.isFile())).toHaveLength(2 * completed);
    const { dumpRecords } = await server.query('{ dumpRecords { totalCount } }');
    expect(dumpRecords.totalCount).toBe(completed);
    expect(await server.end('SIGTERM')).toBe(0);
  },
  60_000,
);
