import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../../server-process.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksOldGeneration } from '../bench/generation.ts';
import type { Guest } from '../bench/guest.ts';
import { litmus, litmusReports } from '../bench/litmus.ts';
import { startSnapshot } from '../bench/snapshot-stream.ts';

// The whole server on libvirt 9.0 and QEMU 7.2, as a person would use it; docs/transcripts/old-generation.md is what it said.
// BENCH_OLD=1 runs it, MEMOIR_TRANSCRIPT=FILE keeps the transcript.

const run = promisify(execFile);
const transcript = process.env.MEMOIR_TRANSCRIPT;
const stateOf =
  'query ($id: ID!) { dump(id: $id) { state phase method methodReason error { code message } progress { doneBytes } } }';
const trigger =
  'mutation { triggerDumps(input: { vms: ["old"], method: SNAPSHOT, compression: NONE }) { accepted { id } } }';

describe.skipIf(lacksOldGeneration())('the old generation, in the hands of a person', { timeout: 300_000 }, () => {
  let bench: Bench;
  let guest: Guest;
  const said: string[] = [];

  beforeAll(async () => {
    bench = await startBench({ generation: 'old' });
    guest = await bench.startGuest({ name: 'old', program: await litmus({ pages: 16_384 }) });
    await guest.waitFor(/READY/);
  }, 300_000);
  afterAll(async () => {
    await bench?.close();
    if (transcript !== undefined) writeFileSync(transcript, `${said.join('\n')}\n`);
  });

  /** Keeps what a person would have seen, with this machine's paths as anybody's. */
  function keep(prompt: string, printed: string): string {
    const neutral = (text: string): string =>
      text
        .replaceAll(bench.uri, 'qemu:///system')
        .replaceAll(/\/\S*memoir-(?:test|bench)-\w+/g, '/srv/memoir')
        .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:4000');
    const lines = neutral(printed.trimEnd()).split('\n');
    said.push(`    $ ${neutral(prompt)}`, ...lines.map((line) => `    ${line.slice(0, 400)}`.trimEnd()), '');
    return printed;
  }

  async function shown(prompt: string, command: string, args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await run(command, args, { timeout: 120_000 }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    // Progress first, as it came; then the result.
    return keep(prompt, `${stderr}${stdout}`);
  }

  const memoir = (server: ServerProcess, ...args: string[]): Promise<string> =>
    shown(`memoir ${args.join(' ')}`, process.execPath, ['src/main.ts', '--url', server.url, ...args]);
  const virsh = (...args: string[]): Promise<string> =>
    shown(`virsh ${args.join(' ')}`, 'virsh', ['-q', '-c', bench.uri, ...args]);

  /** The counter of the guest's program, twice with a second in between: how much it wrote meanwhile. */
  async function counter(): Promise<number> {
    const written = async (): Promise<number> => {
      const from = litmusReports(await guest.console());
      return from.at(-1)?.writers[0]?.written ?? Number.NaN;
    };
    const before = await written();
    await sleep(1_500);
    const after = await written();
    keep('# the counter of the program in the guest, 1.5 s apart', `${before}\n${after}`);
    return after - before;
  }

  async function ask(server: ServerProcess, id: string) {
    return (await server.query(stateOf, { id })).dump;
  }

  /** Resolves in the middle of the capture. */
  async function underWay(server: ServerProcess): Promise<string> {
    const { triggerDumps } = await server.query(trigger);
    const { id } = triggerDumps.accepted[0];
    for (;;) {
      const dump = await ask(server, id);
      if (dump.phase === 'capturing' && (dump.progress?.doneBytes ?? 0) > 0) return id;
      if (!['QUEUED', 'RUNNING'].includes(dump.state)) throw new Error(`over too soon: ${JSON.stringify(dump)}`);
      await sleep(5);
    }
  }

  async function over(server: ServerProcess, id: string) {
    for (;;) {
      const dump = await ask(server, id);
      if (!['QUEUED', 'RUNNING'].includes(dump.state)) return dump;
      await sleep(20);
    }
  }

  /** Writes until nothing more fits, but for so many MiB. */
  async function fill(disk: string, leaveMiB: number): Promise<void> {
    const { bavail, bsize } = statfsSync(disk);
    const blocks = leaveMiB === 0 ? [] : [`count=${Math.floor((bavail * bsize) / 2 ** 20) - leaveMiB}`];
    await run('dd', ['if=/dev/zero', `of=${join(disk, `filler-${leaveMiB}`)}`, 'bs=1M', ...blocks]).catch(
      () => undefined,
    );
  }

  const start = (folder: string): Promise<ServerProcess> => startServer(folder, { LIBVIRT_URI: bench.uri });

  it('AUTO takes CORE_DUMP, and says why', async () => {
    said.push('## AUTO', '');
    const server = await start(temporaryFolder());
    expect(await memoir(server, 'doctor')).toMatch(/CORE_DUMP: its QEMU is 7\.2\.\d+, and before 8\.1/);
    expect(await memoir(server, 'dump', 'old', '--watch')).toMatch(/old .*COMPLETED +CORE_DUMP/);
    expect(await memoir(server, 'dump', 'old', '--watch', '--method', 'snapshot')).toMatch(/COMPLETED +SNAPSHOT/);
    expect(await counter()).toBeGreaterThan(0);
  });

  it('an explicit SNAPSHOT survives the death of its server', async () => {
    said.push('## SNAPSHOT, and the server is killed in the middle', '');
    const folder = temporaryFolder();
    const first = await start(folder);
    const id = await underWay(first);
    keep(`memoir dump old --method snapshot & kill -9 $SERVER`, JSON.stringify(await ask(first, id)));
    await first.end('SIGKILL');
    expect(await counter()).toBeGreaterThan(0);
    const next = await start(folder);
    const dump = await over(next, id);
    keep('memoir serve & curl …/graphql # what the next server says of that dump', JSON.stringify(dump));
    expect(dump).toMatchObject({ state: 'FAILED', error: { code: 'INTERRUPTED' } });
    expect(await virsh('domstate', 'old')).toMatch(/running/);
    expect(await memoir(next, 'doctor')).toMatch(/ok +machine old/);
    expect(await memoir(next, 'dump', 'old', '--watch', '--method', 'snapshot')).toMatch(/COMPLETED +SNAPSHOT/);
    expect(await counter()).toBeGreaterThan(0);
  });

  it('an explicit SNAPSHOT survives a full disk', async () => {
    said.push('## SNAPSHOT, and the disk fills up in the middle', '');
    const folder = temporaryFolder();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=900m', 'tmpfs', disk]);
    try {
      const server = await start(disk);
      const id = await underWay(server);
      await fill(disk, 0);
      await shown('df --output=avail,target /srv/memoir', 'df', ['--output=avail,target', disk]);
      const dump = await over(server, id);
      keep('curl …/graphql # what became of the dump', JSON.stringify(dump));
      expect(dump).toMatchObject({ state: 'FAILED', error: { code: 'NO_SPACE' } });
      expect(await counter()).toBeGreaterThan(0);
      await fill(disk, 300);
      expect(await memoir(server, 'dump', 'old', '--watch', '--method', 'snapshot')).toMatch(/NO_SPACE/);
      expect(await counter()).toBeGreaterThan(0);
      await server.end('SIGTERM');
    } finally {
      await run('umount', ['-l', disk]);
    }
  });

  it('doctor recognises a frozen guest, and what it says helps', async () => {
    said.push(
      '## A guest that something else froze',
      '',
      'A background snapshot by hand, whose reader goes away in the middle: nothing of Memoir is at work.',
      '',
    );
    const server = await start(temporaryFolder());
    const { socket } = await startSnapshot(bench, guest);
    await once(socket, 'readable');
    socket.destroy();
    await sleep(1_000);
    expect(await counter()).toBe(0);
    expect(await virsh('domstate', 'old')).toMatch(/running/);
    expect(await shown(`cat /proc/$PID/task/*/wchan | sort | uniq -c`, 'sh', ['-c', await waits()])).toMatch(
      /handle_userfault/,
    );
    expect(await memoir(server, 'doctor')).toMatch(/BROKEN +machine old: It is frozen.*handle_userfault/s);
    expect(await memoir(server, 'dump', 'old', '--watch')).toMatch(/GUEST_FROZEN/);
    expect(await shown(`scripts/thaw-guest.py ${guest.uuid}`, 'scripts/thaw-guest.py', [guest.uuid])).toMatch(
      /released/,
    );
    await sleep(1_000);
    expect(await counter()).toBeGreaterThan(0);
    await server.end('SIGTERM');
    // The next start finds the capability that was left on, and switches it off.
    const next = await startServer(temporaryFolder(), { LIBVIRT_URI: bench.uri, LOG_LEVEL: 'warn' });
    keep('memoir serve # its log', /"repaired":\[.*?\]/.exec(next.output())?.[0] ?? next.output());
    expect(next.output()).toMatch(/background-snapshot was on, and is off now/);
    expect(await memoir(next, 'doctor')).toMatch(/ok +machine old/);
    expect(await memoir(next, 'dump', 'old', '--watch', '--method', 'snapshot')).toMatch(/COMPLETED +SNAPSHOT/);
    expect(await counter()).toBeGreaterThan(0);
  });

  const waits = async (): Promise<string> =>
    `for t in /proc/${await guest.pid()}/task/*; do cat $t/wchan; echo; done | sort | uniq -c`;
});
