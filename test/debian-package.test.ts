import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacks } from './system.ts';
import { thorough } from './thorough.ts';

const isRoot = process.getuid?.() === 0;

// Minutes, most of them for packing. What is installed into is this machine's own root below an overlay, which is gone afterwards.
describe.skipIf(!thorough || !isRoot || lacks('dpkg-deb', 'unshare'))('the Debian package', () => {
  let folder: string;
  let deb: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'memoir-deb-'));
    const env = { ...process.env, DEB_LEVEL: '1' };
    deb =
      process.env.MEMOIR_DEB ??
      execFileSync('bash', [join('scripts', 'build-deb.sh'), folder], { env })
        .toString()
        .trim();
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is installed, serves, is upgraded and purged', () => {
    const said = execFileSync('unshare', ['--mount', '--pid', '--fork', 'test/fakes/debian-chroot.sh', deb], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();
    const steps = said.split('\n').filter((line) => line.startsWith('step '));
    expect(steps, said).toEqual([
      'step installed: conf 600, data 700, user memoir',
      'step unit: understood',
      'step serves: COMPLETED with the unit’s capabilities',
      'step upgraded: settings kept, database kept',
      'step removed: settings kept, command gone',
      'step purged: settings gone, images kept, database gone, user gone',
    ]);
  }, 600_000);
});
