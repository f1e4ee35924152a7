import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lacks } from './system.ts';
import { temporaryFolder } from './temporary-folder.ts';

const unit = readFileSync(new URL('../deploy/memoir.service', import.meta.url), 'utf8');
const settings = new Map(unit.split('\n').map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]));

describe('the unit of the service', () => {
  it.skipIf(lacks('systemd-analyze'))('is understood by systemd without a complaint', () => {
    const path = join(temporaryFolder(), 'memoir.service');
    // The checkout that it expects is not on this machine.
    const here = unit
      .replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`)
      .replace(/^WorkingDirectory=.*/m, 'WorkingDirectory=/');
    writeFileSync(path, here);
    const said = execFileSync('sh', ['-c', 'systemd-analyze verify --man=no --recursive-errors=no "$0" 2>&1', path]);
    expect(said.toString()).toBe('');
  });

  it('stops the server alone: a process that drains a snapshot goes on to the end of its stream', () => {
    expect(settings.get('KillMode')).toBe('process');
  });

  it('lets ssh see root’s keys and nothing else of anybody’s home', () => {
    expect([settings.get('ProtectHome'), settings.get('BindReadOnlyPaths')]).toEqual(['tmpfs', '-/root/.ssh']);
  });
});
