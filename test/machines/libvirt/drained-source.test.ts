import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../temporary-folder.ts';

/** A server of its own process that opens a drained snapshot's source. */
function openIn(folder: string, path = process.env.PATH): ChildProcess {
  const place = { folder: join(folder, 'meeting'), path: join(folder, 'meeting', 'sock') };
  const options = {
    regions: [],
    cpuCount: 1,
    guestSocket: null,
    ownSocket: place,
    owner: null,
    spool: join(folder, 'spool', 'one'),
    spoolBytes: 8 << 20,
  };
  const program = new URL('../../fakes/drained-source.ts', import.meta.url).pathname;
  // A group of its own, as a service has: the drain process is to be in another.
  const server = spawn(process.execPath, [program, JSON.stringify(options)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: path },
  });
  onTestFinished(() => {
    if (server.exitCode === null && server.signalCode === null) server.kill('SIGKILL');
  });
  return server;
}

const until = async (done: () => boolean): Promise<void> => {
  await expect.poll(done, { timeout: 20_000 }).toBe(true);
};

describe('a snapshot that must be read to its end', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('is, by a process that outlives a server ended by %s', async (signal) => {
    const folder = temporaryFolder();
    const server = openIn(folder);
    await once(server.stdout as NonNullable<typeof server.stdout>, 'data');
    process.kill(-(server.pid as number), signal);
    await once(server, 'exit');
    const qemu = connect(join(folder, 'meeting', 'sock'));
    await once(qemu, 'connect');
    // More than any buffer between the two holds: it can only be written if it is read.
    const chunk = Buffer.alloc(1 << 20, 7);
    for (let sent = 0; sent < 24; sent += 1) if (!qemu.write(chunk)) await once(qemu, 'drain');
    qemu.end();
    await once(qemu, 'close');
    // The last that it does.
    await until(() => !existsSync(join(folder, 'meeting')));
  });

  it('leaves no spool as large as a guest, if the server is killed while it is reserved', async () => {
    const folder = temporaryFolder();
    const [bin, marker] = [join(folder, 'bin'), join(folder, 'marker')];
    mkdirSync(bin);
    writeFileSync(join(bin, 'fallocate'), `#!/bin/sh\ntouch ${marker}\nexec sleep 60\n`, { mode: 0o755 });
    const server = openIn(folder, `${bin}:${process.env.PATH}`);
    await until(() => existsSync(marker));
    process.kill(-(server.pid as number), 'SIGKILL');
    await once(server, 'exit');
    expect(readdirSync(join(folder, 'spool'))).toEqual([]);
  });
});
