import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

describe('memoir heap demo', () => {
  it('finds a leak on a machine with nothing but Node, and leaves nothing behind', () => {
    const folder = temporaryFolder();
    const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
    const env = { PATH, TMPDIR: folder, NODE_COMPILE_CACHE };
    const out = execFileSync(process.execPath, [main, 'heap', 'demo', '--wait', '1'], {
      env,
      stdio: 'pipe',
    }).toString();
    expect(out).toMatch(/compared object by object/);
    expect(out).toMatch(
      /Leak suspects:\n {2}[\d,]+ new `Session` objects, \+\S+ \wB, held by `Map` in `SessionStore\.sessions`, \S+demo-service\.ts:17/,
    );
    expect(
      execFileSync('ls', ['-A', folder])
        .toString()
        .split('\n')
        .filter((name) => name.startsWith('memoir-')),
    ).toEqual([]);
  }, 60_000);
});
