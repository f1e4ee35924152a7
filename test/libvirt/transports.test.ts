import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, connect as dial, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/libvirt/connect.ts';
import { findUri } from '../../src/libvirt/find-uri.ts';
import { FakeLibvirtd } from '../fakes/libvirt/fake-libvirtd.ts';
import { patient } from '../fakes/libvirt/patient.ts';

const run = promisify(execFile);

let folder: string;
let fake: FakeLibvirtd;
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'libvirt-transports-'));
  fake = await FakeLibvirtd.start();
});

afterEach(async () => {
  await fake[Symbol.asyncDispose]();
  for (const server of servers.splice(0)) server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A socket at `name` that leads to the fake. */
async function relay(name: string): Promise<void> {
  const server = createServer((socket) => {
    const onward = dial(fake.socketPath);
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => undefined);
  }).listen(join(folder, name));
  servers.push(server);
  await once(server, 'listening');
}

/** A socket's file of which the daemon is gone. */
async function stale(name: string): Promise<void> {
  const server = createServer().listen(join(folder, `${name}.tmp`));
  await once(server, 'listening');
  // Renamed, so that closing does not remove it.
  await rename(join(folder, `${name}.tmp`), join(folder, name));
  server.close();
  await once(server, 'close');
}

describe('a local daemon', () => {
  it('is found at its modular socket, or else at the monolithic one, past a stale one', async () => {
    await relay('libvirt-sock');
    await (await connect('qemu:///system', { socketDirectory: folder })).close();
    await stale('virtqemud-sock');
    await (await connect('qemu:///system', { socketDirectory: folder })).close();
    await expect(connect('qemu:///system?mode=direct', { socketDirectory: folder })).rejects.toMatchObject({
      code: 'DAEMON_NOT_RUNNING',
      text: expect.stringMatching(/virtqemud-sock \(nobody listens\)/),
      mend: expect.stringMatching(/systemctl start/),
    });
  });

  it('that only looks is asked at the read-only socket, and told so', async () => {
    await relay('libvirt-sock-ro');
    let flags = -1;
    fake.overrides = {
      connectOpen: (args) => {
        flags = args.flags;
      },
    };
    await (await connect('qemu:///system', { socketDirectory: folder, readOnly: true })).close();
    expect(flags).toBe(1);
  });

  it('that is away, and one of a session, are different errors with different mends', async () => {
    await expect(connect('qemu:///system', { socketDirectory: folder })).rejects.toMatchObject({
      code: 'DAEMON_NOT_RUNNING',
      text: expect.stringMatching(/virtqemud-sock \(is not there\).*libvirt-sock \(is not there\)/),
    });
    await expect(connect('qemu:///session', { runtimeDirectory: folder })).rejects.toMatchObject({
      code: 'DAEMON_NOT_RUNNING',
      mend: expect.stringMatching(/virsh -c qemu:\/\/\/session uri/),
    });
  });

  it('that this user may not use is SOCKET_DENIED', async () => {
    await relay('libvirt-sock');
    await chmod(join(folder, 'libvirt-sock'), 0);
    await chmod(folder, 0o755);
    // Root may use everything: so a process that is root only until it has loaded its modules.
    const script = join(folder, 'nobody.ts');
    const source = join(import.meta.dirname, '../../src/libvirt/connect.ts');
    const lines = [
      `import { connect } from ${JSON.stringify(source)};`,
      'if (process.getuid() === 0) process.setuid(65534);',
      `await connect('qemu:///system', { socketDirectory: ${JSON.stringify(folder)} }).catch(({ code, mend }) => console.log(code, mend));`,
    ];
    await writeFile(script, lines.join('\n'));
    const { stdout } = await run(process.execPath, [script]);
    expect(stdout).toMatch(/^SOCKET_DENIED .*group "libvirt"/);
  });

  it('is looked for at the system’s socket, then at the user’s, with the reasons why not', async () => {
    const options = { socketDirectory: join(folder, 'nowhere'), runtimeDirectory: folder };
    const nothing = await findUri(options);
    expect(nothing.uri).toBe(undefined);
    expect(nothing.tried.map(({ uri, reason }) => [uri, reason.code])).toEqual([
      ['qemu:///system', 'DAEMON_NOT_RUNNING'],
      ['qemu:///session', 'DAEMON_NOT_RUNNING'],
    ]);
    await relay('libvirt-sock');
    expect((await findUri({ ...options, socketDirectory: folder })).uri).toBe('qemu:///system');
  });
});

describe('a daemon behind ssh', () => {
  /** Stands in for ssh: gives the last word to a shell, as sshd does, with the programs of `folder` on its path. */
  async function fakeSsh(script = `PATH="${'$'}{0%/*}:$PATH" exec sh -c "$last"`): Promise<string> {
    const path = join(folder, 'ssh');
    await writeFile(path, `#!/bin/sh\necho "$@" > "$0.argv"\nfor last in "$@"; do :; done\n${script}\n`, {
      mode: 0o755,
    });
    return path;
  }

  /** A program of `folder` that connects its standard input and output with the fake, whatever it is told. */
  async function bridge(name: string): Promise<void> {
    const code = `const s=require("net").connect(${JSON.stringify(fake.socketPath)});process.stdin.pipe(s).pipe(process.stdout)`;
    // Like Debian's netcat, it complains of a -q that has no argument; unlike it, it eats its input first.
    const complain = `if [ "$*" = "-q" ]; then cat >/dev/null; echo "option requires an argument -- 'q'" >&2; exit 1; fi`;
    const script = `#!/bin/sh\n${complain}\necho "$@" >> "$0.argv"\nexec ${process.execPath} -e '${code}'\n`;
    await writeFile(join(folder, name), script, { mode: 0o755 });
  }

  it('is reached through virt-ssh-helper, through whatever shell quoting lies between', async () => {
    const command = await fakeSsh();
    await bridge('virt-ssh-helper');
    const connection = await connect(`qemu+ssh://root@host/system?command=${command}`, { readOnly: true });
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
    await connection.close();
    expect(await readFile(join(folder, 'virt-ssh-helper.argv'), 'utf8')).toBe('-r qemu:///system\n');
    await expect.poll(() => fake.clients.size, patient).toBe(0);
  });

  it('is reached through netcat where that is asked for', async () => {
    const command = await fakeSsh();
    await bridge('netcat');
    const uri = `qemu+ssh://host/system?command=${command}&netcat=${join(folder, 'netcat')}&socket=${fake.socketPath}`;
    await (await connect(uri)).close();
    expect(await readFile(join(folder, 'netcat.argv'), 'utf8')).toBe(`-q 0 -U ${fake.socketPath}\n`);
  });

  it.each([
    ['what ssh said', 'echo "Permission denied (publickey)." >&2; exit 255', /Permission denied \(publickey\)/],
    ['nothing at all', 'exit 127', /ended with code 127/],
    ['terminal escapes', 'printf "\\033[31mred\\nline" >&2; exit 1', /ssh to host: \[31mred line$/],
  ])('that cannot be reached fails with SSH_FAILED and %s', async (_what, script, text) => {
    const command = await fakeSsh(script);
    await expect(connect(`qemu+ssh://host/system?command=${command}`)).rejects.toMatchObject({
      code: 'SSH_FAILED',
      text: expect.stringMatching(text),
    });
  });

  it('without an ssh to run is SSH_FAILED too', async () => {
    await expect(connect(`qemu+ssh://host/system?command=${folder}/none`)).rejects.toMatchObject({
      code: 'SSH_FAILED',
      text: expect.stringMatching(/ENOENT/),
    });
  });

  it('fails in the same way where nobody could listen yet', async () => {
    // Called from a macrotask, so that the failed spawn reports before any promise goes on.
    const outcome = await new Promise((resolve) => {
      setImmediate(() => connect(`qemu+ssh://host/system?command=${folder}/none`).then(resolve, resolve));
    });
    expect(outcome).toMatchObject({ code: 'SSH_FAILED' });
  });

  it('leaves no process behind when its connection is closed, by us or by time', async () => {
    const command = await fakeSsh(`echo $$ > "$0.pid"; exec sleep 1000`);
    await expect(connect(`qemu+ssh://host/system?command=${command}`, { connectTimeoutMs: 300 })).rejects.toMatchObject(
      {
        code: 'TIMEOUT',
      },
    );
    const pid = Number(await readFile(`${command}.pid`, 'utf8'));
    await expect
      .poll(() => {
        try {
          process.kill(pid, 0);
          return 'alive';
        } catch {
          return 'gone';
        }
      }, patient)
      .toBe('gone');
  });
});
