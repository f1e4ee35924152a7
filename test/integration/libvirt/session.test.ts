import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../src/libvirt/connect.ts';
import { findUri } from '../../../src/libvirt/find-uri.ts';
import { lacksBench } from '../bench/generation.ts';

/** The user that has nothing, so that the daemon can do nothing. */
const nobody = 65534;

describe.skipIf(lacksBench())('a session daemon', { timeout: 60_000 }, () => {
  let folder: string;
  let runtimeDirectory: string;
  let daemon: ChildProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'libvirt-session-'));
    await chmod(folder, 0o755);
    runtimeDirectory = join(folder, 'run');
    const home = join(folder, 'home');
    for (const path of [runtimeDirectory, home]) {
      await mkdir(path, { mode: 0o700 });
      await chown(path, nobody, nobody);
    }
    daemon = spawn('/usr/sbin/libvirtd', {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: home, XDG_RUNTIME_DIR: runtimeDirectory },
      uid: nobody,
      gid: nobody,
      cwd: '/',
      stdio: 'ignore',
    });
    while (!existsSync(join(runtimeDirectory, 'libvirt', 'libvirt-sock'))) {
      if (daemon.exitCode !== null) throw new Error(`libvirtd ended with code ${daemon.exitCode}`);
      await sleep(20);
    }
  }, 60_000);
  afterAll(async () => {
    const gone = once(daemon, 'exit');
    if (daemon.exitCode === null && daemon.kill('SIGKILL')) await gone;
    await rm(folder, { recursive: true, force: true });
  });

  it('is found in the runtime folder of its user, and is the one that was meant', async () => {
    await using connection = await connect('qemu:///session', { runtimeDirectory });
    expect(await connection.call('connectGetUri', {})).toBe('qemu:///session');
    expect(await connection.call('connectListAllDomains', { need: 1, flags: 0 })).toEqual({ domains: [], count: 0 });
  });

  it('is found where there is no daemon of the system', async () => {
    const found = await findUri({ runtimeDirectory, socketDirectory: join(folder, 'none') });
    expect(found.uri).toBe('qemu:///session');
    expect(found.tried.map(({ reason }) => reason.code)).toEqual(['DAEMON_NOT_RUNNING']);
  });
});
