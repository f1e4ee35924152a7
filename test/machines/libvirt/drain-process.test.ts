import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import type { DrainJob } from '../../../src/machines/libvirt/snapshot/drain-process.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const mib = 1 << 20;

/** The process with a spool of its own; what it says, line by line. */
async function started(spoolBytes: number) {
  const folder = temporaryFolder();
  const [path, spool] = [join(folder, 'sock'), join(folder, 'spool')];
  const fd = openSync(spool, 'w+');
  const job: DrainJob = { sockets: { guestSocket: path, ownSocket: null, owner: null }, spoolBytes };
  const program = new URL('../../../src/machines/libvirt/snapshot/drain-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, JSON.stringify(job)], { stdio: ['pipe', 'pipe', 'inherit', fd] });
  closeSync(fd);
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  const lines = createInterface(child.stdout as NonNullable<typeof child.stdout>);
  lines.on('line', (line) => said.push(line));
  await once(lines, 'line');
  return { child, path, spool, said, closed: once(lines, 'close') };
}

it('takes a stream that is longer than what may wait for the disk, as long as the disk is fast enough', async () => {
  const { path, said, spool, closed } = await started(72 * mib);
  const qemu = connect(path);
  for (let sent = 0; sent < 72; sent += 1) if (!qemu.write(Buffer.alloc(mib, sent))) await once(qemu, 'drain');
  qemu.end();
  await closed;
  expect([said[0], said.at(-1)]).toEqual(['ready', `end ${72 * mib}`]);
  const bytes = readFileSync(spool);
  expect([bytes.length, bytes[0], bytes[mib], bytes.at(-1)]).toEqual([72 * mib, 0, 1, 71]);
});

it.each(['a line', 'the end'])(
  'reads on and keeps nothing when %s of its input says that nobody wants it',
  async (which) => {
    const { child, path, said, closed } = await started(32 * mib);
    const qemu = connect(path);
    await once(qemu, 'connect');
    if (which === 'a line') child.stdin?.write('discard\n');
    else child.stdin?.end();
    // More than any buffer between the two holds: it can only be written if it is read.
    for (let sent = 0; sent < 16; sent += 1) if (!qemu.write(Buffer.alloc(mib, 1))) await once(qemu, 'drain');
    qemu.end();
    await closed;
    expect(said.at(-1)).toBe('lost it is no longer needed');
  },
);
