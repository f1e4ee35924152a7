import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/storage/directory/directory-store.ts';
import type { StoreChildReport, StoreChildTask } from '../fakes/store-child.ts';
import { lacks } from '../system.ts';

const child = new URL('../fakes/store-child.ts', import.meta.url).pathname;
const megabytes = (count: number): number => count << 20;

let home: string;
let folder: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'memoir-faults-'));
  folder = join(home, 'dumps');
});
afterEach(() => rmSync(home, { recursive: true }));

/** One thread for files: strace counts the calls of each thread on its own. */
const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };

/** Runs the child behind a command that provokes something; the command's arguments end where the child's begin. */
function run(task: Partial<StoreChildTask>, ...before: string[]): StoreChildReport {
  const [command, ...args] = [...before, process.execPath, child, JSON.stringify({ folder, work: 'COMMIT', ...task })];
  const output = execFileSync(command as string, args, { encoding: 'utf8', env });
  return JSON.parse(output.trim().split('\n').at(-1) as string) as StoreChildReport;
}

/** In a mount namespace of its own, after `script`: what it mounts is gone with it. */
const mounted = (script: string): string[] => [
  'unshare',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  `${script} && exec "$@"`,
  'sh',
];
const noMounts =
  spawnSync(mounted('mount -t tmpfs none /mnt')[0] as string, [...mounted('mount -t tmpfs none /mnt').slice(1), 'true'])
    .status !== 0;

/** What must hold after any end, once the folder is swept: everything to be seen is whole, and nothing else is there. */
async function expectNothingHalf(): Promise<void> {
  const store = await openStore({ folder });
  await store.sweep();
  expect(await store.sweep()).toEqual([]);
  const artifacts: string[] = [];
  for await (const { key, location, sizeBytes } of store.list()) {
    const sha256 = createHash('sha256').update(readFileSync(location)).digest('hex');
    expect(await store.manifest(key)).toEqual({ sha256, sizeBytes });
    artifacts.push(key.file, `${key.file}.json`);
  }
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name !== 'machine');
  expect(names.sort()).toEqual(artifacts.map((name) => `machine/${name}`).sort());
}

describe('directory store under faults', () => {
  it.each([0o000, 0o177])('makes files 0600 and folders 0700 under umask %i', (umask) => {
    expect(run({ umask, sizeBytes: 10 }).code).toBeNull();
    const modes = ['', 'machine', 'machine/image', 'machine/image.json'].map(
      (name) => statSync(join(folder, name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o700, 0o600, 0o600]);
  });

  it('fails where a limit cuts a write short, and leaves nothing', () => {
    const report = run({ sizeBytes: megabytes(4) }, 'sh', '-c', 'ulimit -f 2500; exec "$@"', 'sh');
    expect(report).toMatchObject({ code: 'STORAGE_FAILED', left: ['machine'] });
    expect(report.hint).toContain('ulimit -f');
  });

  describe.skipIf(noMounts)('in a mount namespace', () => {
    it('says NO_SPACE on a full disk, and leaves nothing', () => {
      const report = run(
        { sizeBytes: megabytes(16) },
        ...mounted(`mkdir ${folder} && mount -t tmpfs -o size=8m none ${folder}`),
      );
      expect(report).toMatchObject({ code: 'NO_SPACE', left: ['machine'] });
    });

    it('leaves the reserve free, however much more is written than was expected', () => {
      const report = run(
        { sizeBytes: megabytes(64), reserveBytes: megabytes(6) },
        ...mounted(`mkdir ${folder} && mount -t tmpfs -o size=32m none ${folder}`),
      );
      expect(report).toMatchObject({ code: 'NO_SPACE', left: ['machine'] });
      expect(report.freeBytes).toBeGreaterThanOrEqual(megabytes(6));
      expect(report.freeBytes).toBeLessThan(megabytes(8));
    });

    it('refuses a read-only folder when it opens', () => {
      const readOnly = `mkdir ${folder} && mount --bind ${folder} ${folder} && mount -o remount,bind,ro ${folder}`;
      const report = run({ sizeBytes: 1 }, ...mounted(readOnly));
      expect(report).toMatchObject({ code: 'STORAGE_FAILED', left: [] });
      expect(report.hint).toContain('read-only');
      expect(report.message).toContain(folder);
    });
  });

  describe.skipIf(lacks('strace'))('with failures injected by strace', () => {
    const trace = (): string => join(home, 'trace');
    const inject = (what: string): string[] => ['strace', '-f', '-qq', '-y', '-o', trace(), '-e', `inject=${what}`];

    // One commit syncs in this order: the root that has a new folder, the contents, the manifest, its name, the artifact's name.
    it.each([1, 2, 3, 4, 5])('discards the artifact when fsync number %i fails', (number) => {
      const report = run({ sizeBytes: megabytes(2) }, ...inject(`fsync:error=EIO:when=${number}`));
      expect(report).toMatchObject({ code: 'STORAGE_FAILED', left: ['machine'] });
      const syncs = readFileSync(trace(), 'utf8').match(/fsync\(\d+<[^>]*memoir-partial>/g) ?? [];
      expect(new Set(syncs).size).toBe(syncs.length);
    });

    it('discards the artifact when the disk fails for good', () => {
      const report = run({ sizeBytes: megabytes(2) }, ...inject('fsync:error=EIO:when=5+'));
      expect(report).toMatchObject({ code: 'STORAGE_FAILED', left: ['machine'] });
    });

    it('fails where the file system takes no more bytes without saying why', () => {
      const report = run({ sizeBytes: megabytes(2) }, ...inject('pwrite64:retval=0:when=3'));
      expect(report).toMatchObject({ code: 'STORAGE_FAILED', left: ['machine'] });
    });

    it('notices that the disk lost bytes which the writes had confirmed', () => {
      const report = run({ sizeBytes: 6 * 300_000 }, ...inject('pwrite64:retval=300000:when=6'));
      expect(report).toMatchObject({ code: 'STORAGE_FAILED', left: ['machine'] });
    });

    it('takes no other way where giving a name fails', () => {
      const report = run({ sizeBytes: 1000 }, ...inject('link,linkat:error=EIO'));
      expect(report).toMatchObject({ code: 'STORAGE_FAILED', left: ['machine'] });
    });

    it('commits on a file system without hard links, and still overwrites nothing', () => {
      expect(run({ sizeBytes: 1000 }, ...inject('link,linkat:error=EPERM')).code).toBeNull();
      expect(readdirSync(join(folder, 'machine'))).toEqual(['image', 'image.json']);
      expect(run({ sizeBytes: 1000 }, ...inject('link,linkat:error=EPERM')).code).toBe('ARTIFACT_EXISTS');
    });

    it.each([
      ...[1, 2, 3, 4, 5].map((number) => `fsync:signal=KILL:when=${number}`),
      ...[1, 2].map((number) => `link:signal=KILL:when=${number}`),
      ...[1, 2].map((number) => `unlink:signal=KILL:when=${number}`),
    ])('leaves nothing half after a kill at %s', async (point) => {
      const task = JSON.stringify({ folder, work: 'COMMIT', sizeBytes: megabytes(1) } satisfies StoreChildTask);
      const [command, ...args] = [...inject(point), process.execPath, child, task];
      expect(spawnSync(command as string, args, { env }).stdout.toString()).toBe('');
      await expectNothingHalf();
    });

    it('is not disturbed by a kill in the middle of a sweep', async () => {
      const commit = JSON.stringify({ folder, work: 'COMMIT', sizeBytes: 10 } satisfies StoreChildTask);
      const sweep = JSON.stringify({ folder, work: 'SWEEP' } satisfies StoreChildTask);
      const killAt = (point: string, task: string): void => {
        const [command, ...args] = [...inject(point), process.execPath, child, task];
        spawnSync(command as string, args, { env });
      };
      // Manifest in view, artifact not yet; then the manifest goes and the partial is left.
      killAt('fsync:signal=KILL:when=4', commit);
      killAt('fsync:signal=KILL:when=1', sweep);
      expect(readdirSync(join(folder, 'machine'))).toEqual(['.image.memoir-partial']);
      await expectNothingHalf();
    });
  });

  it('leaves nothing half when it is killed at any time', async () => {
    const task = JSON.stringify({ folder, work: 'COMMIT_FOR_EVER' } satisfies StoreChildTask);
    for (let round = 0; round < 5; round++) {
      const process_ = spawn(process.execPath, [child, task], { stdio: 'ignore' });
      const gone = new Promise((resolve) => process_.once('exit', resolve));
      setTimeout(() => process_.kill('SIGKILL'), 150 + Math.random() * 200);
      await gone;
      await expectNothingHalf();
      rmSync(folder, { recursive: true });
    }
  });
});
