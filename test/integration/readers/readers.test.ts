import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../server-process.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { cacheFolder } from '../bench/generation.ts';
import { idle } from '../bench/programs.ts';

// The field's own tools on images of a Linux guest that was never prepared: no vmcoreinfo device, KASLR on. Opt-in, because
// the kernel's symbols are large: scripts/install-readers.sh, then MEMOIR_READERS=1.

const run = promisify(execFile);
const vmlinux = join(cacheFolder, 'readers', 'vmlinux');
const wanted = process.env.MEMOIR_READERS === '1' && existsSync(vmlinux);
/** Where the transcript is written, if anywhere. */
const transcript = process.env.MEMOIR_TRANSCRIPT;

const tasks = `
from drgn.helpers.linux.pid import for_each_task
names = [task.comm.string_().decode() for task in for_each_task(prog)]
print('release', prog['init_uts_ns'].name.release.string_().decode())
print('kaslr', hex(prog.symbol('_stext').address - 0xffffffff81000000))
print(len(names), 'tasks:', ', '.join(names[:8]))
`;

describe.skipIf(!wanted)('images of an unprepared Linux guest', () => {
  let bench: Bench;
  const said: string[] = [];

  beforeAll(async () => {
    bench = await startBench();
    const guest = await bench.startGuest({
      name: 'unprepared',
      memoryMiB: 512,
      vcpus: 2,
      program: idle({ noiseMiB: 20 }),
    });
    await guest.waitFor(/READY/);
  }, 300_000);
  afterAll(async () => {
    await bench?.close();
    if (transcript !== undefined) writeFileSync(transcript, said.join('\n'));
  });

  /** Runs a reader and keeps what a person would have seen. */
  async function shown(command: string, args: string[], more: { input?: string } = {}): Promise<string> {
    const promise = run(command, args, { maxBuffer: 64 << 20, timeout: 240_000 });
    // A reader that is done before it has read its input closes the pipe: that is no failure.
    promise.child.stdin?.on('error', () => undefined).end(more.input ?? '');
    const { stdout, stderr } = await promise.catch((error: { stdout: string; stderr: string }) => error);
    const printed = `${stdout}${stderr}`.trimEnd();
    const visible = [command, ...args]
      .join(' ')
      .replaceAll(vmlinux, 'vmlinux')
      .replaceAll(/\S*\/image\.elf/g, 'image.elf');
    said.push(
      `    $ ${visible}`,
      ...printed.split('\n').map((line) => `    ${line.replaceAll(vmlinux, 'vmlinux').slice(0, 160)}`),
      '',
    );
    return printed;
  }

  it.each(['SNAPSHOT', 'CORE_DUMP'])(
    '%s opens in readelf, gdb, drgn and crash',
    async (method) => {
      const folder = temporaryFolder();
      const server = await startServer(folder, { LIBVIRT_URI: bench.uri });
      const { triggerDumps } = await server.query(
        'mutation ($method: MethodChoice!) { triggerDumps(input: { vms: ["unprepared"], method: $method }) { accepted { id } } }',
        { method },
      );
      const id = triggerDumps.accepted[0].id;
      let dump: { state: string; dumpPath: string; message: string; method: string };
      do {
        await new Promise((resolve) => setTimeout(resolve, 100));
        dump = (await server.query('query ($id: ID!) { dump(id: $id) { state dumpPath message method } }', { id }))
          .dump;
      } while (['QUEUED', 'RUNNING'].includes(dump.state));
      expect(dump).toMatchObject({ state: 'COMPLETED', method });
      said.push(`## ${method}`, '', dump.message, '');
      const image = join(folder, 'image.elf');
      await run('zstd', ['-dq', dump.dumpPath, '-o', image]);

      const headers = await shown('readelf', ['-lW', image]);
      expect(headers).toMatch(/CORE \(Core file\)/);
      expect(headers.match(/^\s+LOAD/gm)?.length).toBeGreaterThanOrEqual(2);
      expect(await shown('readelf', ['-SW', image])).toMatch(/no sections/);
      const notes = (await run('readelf', ['-nW', image])).stdout;
      for (const owner of ['CORE', 'QEMU', 'VMCOREINFO']) expect(notes).toContain(owner);
      expect(
        await shown('gdb', ['-batch', '-nx', '-ex', 'info threads', '-ex', 'info registers rip', '-c', image]),
      ).toMatch(/rip\s+0x/);

      const script = join(folder, 'tasks.py');
      writeFileSync(script, tasks);
      const listed = await shown('drgn', ['-q', '-c', image, '-s', vmlinux, script]);
      expect(listed).toMatch(/kaslr 0x[1-9a-f]/);
      expect(Number(/(\d+) tasks: init, kthreadd/.exec(listed)?.[1])).toBeGreaterThan(20);

      const crash = await shown('crash', ['-s', vmlinux, image], { input: 'sys\nlog | head -3\nquit\n' });
      expect(crash).toMatch(/RELEASE: \d+\.\d+/);
      expect(crash).toMatch(/CPUS: 2/);
      expect(crash).toMatch(/Linux version/);
    },
    600_000,
  );

  it('drgn refuses what virsh itself dumps of this guest', async () => {
    const image = join(bench.exchange, 'virsh.elf');
    await bench.virsh('dump', '--memory-only', 'unprepared', image);
    said.push('## virsh dump --memory-only', '');
    const refused = await shown('drgn', ['-q', '-c', image, '-s', vmlinux, '/dev/null']);
    expect(refused).toMatch(/unrecognized QEMU memory dump/);
    expect(readFileSync(image).length).toBeGreaterThan(512 << 20);
  }, 300_000);
});
