import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, startBench } from './bench.ts';
import { corePages } from './core-pages.ts';
import { lacksBench, lacksOldGeneration } from './generation.ts';
import type { Guest } from './guest.ts';
import { litmus, nextReports } from './litmus.ts';
import { judgeLitmus } from './litmus-check.ts';
import { idle } from './programs.ts';
import { startRecorder } from './recorder.ts';
import { snapshotStream } from './snapshot-stream.ts';
import { streamPages } from './stream-pages.ts';

/**
 * Copies a guest's memory out of QEMU while the guest runs, as no capture may: every second page, then, when the guest has
 * gone on, the others.
 */
async function careless(guest: Guest, memoryMiB: number): Promise<Uint8Array[]> {
  const pid = await guest.pid();
  const size = memoryMiB << 20;
  const mappings = [...readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw-p/gm)];
  const memory = mappings.find(([, start, end]) => Number(`0x${end}`) - Number(`0x${start}`) === size);
  if (!memory) throw new Error(`QEMU has no mapping of ${memoryMiB} MiB`);
  await using file = await open(`/proc/${pid}/mem`);
  const pages: Uint8Array[] = [];
  for (const first of [0, 4096]) {
    for (let at = first; at < size; at += 8192) {
      const { buffer } = await file.read(Buffer.alloc(4096), 0, 4096, Number(`0x${memory[1]}`) + at);
      pages.push(buffer);
    }
    await nextReports(guest);
  }
  return pages;
}

/** The processes that have to do with a bench: one of its mounts is in their mount table. Zombies have none. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(`${folder}/run `);
    } catch {
      return false; // it is gone
    }
  });
}

const generations = [
  { generation: 'new', skip: lacksBench(), libvirt: 'libvirt 11', qemu: 10 },
  { generation: 'old', skip: lacksOldGeneration(), libvirt: 'libvirt 9', qemu: 7 },
] as const;

describe.each(generations)('the bench, $generation generation', ({ generation, skip, libvirt, qemu }) => {
  describe.skipIf(skip)('with a litmus guest', () => {
    let bench: Bench;
    let guest: Guest;

    beforeAll(async () => {
      bench = await startBench({ generation });
      const program = await litmus({ writers: 2, pages: 2048 });
      guest = await bench.startGuest({ name: 'litmus', program, vcpus: 2, memoryMiB: 96 });
      await guest.waitFor(/READY/);
    }, 300_000);
    afterAll(() => bench?.close());

    /** That every writer of the guest writes. */
    const advances = async (): Promise<void> => {
      const [first, second] = await nextReports(guest);
      for (const writer of [0, 1])
        expect(second?.writers[writer]?.written).toBeGreaterThan(first?.writers[writer]?.written ?? Number.NaN);
    };

    it('runs the generation that was asked for', async () => {
      expect(await bench.namespace.run(['/usr/sbin/libvirtd', '--version'])).toContain(libvirt.replace(' ', ') '));
      expect(await guest.qmp('query-version')).toMatchObject({ qemu: { major: qemu } });
    });

    it('answers virsh under its address, and the guest is its only one', async () => {
      expect(bench.uri).toBe(`qemu+unix:///system?socket=${bench.socketPath}`);
      expect(await bench.virsh('list', '--all', '--name')).toBe('litmus');
      expect(await bench.virsh('domuuid', 'litmus')).toBe(guest.uuid);
      expect(await guest.state()).toBe('running');
    });

    it('has a guest whose counters advance, and stand still while it is suspended', async () => {
      await advances();
      await bench.virsh('suspend', guest.uuid);
      expect(await guest.state()).toBe('paused');
      await sleep(500); // what it wrote before is on its way through virtlogd
      const console = await guest.console();
      await sleep(1000);
      expect(await guest.console()).toBe(console);
      await bench.virsh('resume', guest.uuid);
      await advances();
    });

    it('says what QMP said when QMP refuses', async () => {
      await expect(guest.qmp('no-such-command')).rejects.toThrow(/no-such-command.*CommandNotFound/);
    });

    it('keeps strangers out of its folder and lets QEMU through', async () => {
      const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
      expect([mode(bench.folder), mode(bench.exchange)]).toEqual(['710', '710']);
      expect([statSync(bench.folder).uid, statSync(bench.folder).gid]).toEqual([0, bench.qemu.group]);
    });

    it('calls a memory-only dump under full load consistent', async () => {
      const path = join(bench.exchange, 'litmus.elf');
      await bench.virsh('dump', '--memory-only', '--format', 'elf', guest.uuid, path);
      expect((await judgeLitmus(corePages(path))).problems).toEqual([]);
      await advances();
    });

    it('calls a background snapshot under full load consistent', async () => {
      const stream = await snapshotStream(bench, guest);
      const { problems, writers } = await judgeLitmus(streamPages(stream).map(({ bytes }) => bytes));
      expect(problems).toEqual([]);
      expect(writers.map(({ pages }) => pages)).toEqual([2048, 2048]);
      await advances();
    });

    it('calls memory torn that was copied while the guest ran', async () => {
      const { consistent, problems } = await judgeLitmus(await careless(guest, 96));
      expect(consistent).toBe(false);
      expect(problems.join('\n')).toMatch(/^writer 0: values span \d+, not 2048: torn$/m);
    });

    it('records what goes between a client and libvirtd, message by message', async () => {
      await using recorder = await startRecorder(join(bench.exchange, 'recorded.sock'), bench.socketPath);
      await bench.virsh('-c', `qemu+unix:///system?socket=${recorder.socketPath}`, 'domstate', 'litmus');
      const header = ({ bytes }: { bytes: Buffer }): number[] => [bytes.length, bytes.readUInt32BE(0)];
      for (const message of recorder.messages) expect(header(message)[0]).toBe(header(message)[1]);
      const procedures = recorder.messages.map(({ from, bytes }) => `${from} ${bytes.readUInt32BE(12)}`);
      // AUTH_LIST and CONNECT_CLOSE, as every session starts and ends.
      expect(procedures.slice(0, 2)).toEqual(['client 66', 'server 66']);
      expect(procedures).toContain('client 2');
    });

    it('survives the restart, the death and the silence of libvirtd', async () => {
      await bench.libvirtd.restart();
      expect(await guest.state()).toBe('running');
      await bench.libvirtd.kill();
      await expect(bench.virsh('list')).rejects.toThrow();
      await advances();
      await bench.libvirtd.start();
      expect(await guest.state()).toBe('running');
      bench.libvirtd.freeze();
      const answer = bench.virsh('domstate', guest.uuid);
      expect(await Promise.race([answer, sleep(500, 'silence')])).toBe('silence');
      bench.libvirtd.thaw();
      expect(await answer).toBe('running');
    });

    it('leaves no process, mount or file when it is closed', async () => {
      expect(processesOf(bench.folder).length).toBeGreaterThan(2);
      await bench.close();
      expect(processesOf(bench.folder)).toEqual([]);
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(bench.folder);
      expect(existsSync(bench.folder)).toBe(false);
    });
  });
});

describe.skipIf(lacksBench())('benches', () => {
  it('run side by side without seeing each other', async () => {
    await using first = await startBench();
    await using second = await startBench();
    expect(first.uri).not.toBe(second.uri);
    await first.startGuest({ name: 'twin', program: idle() });
    await second.startGuest({ name: 'twin', program: idle() });
    expect(await first.virsh('domuuid', 'twin')).not.toBe(await second.virsh('domuuid', 'twin'));
    await first.close();
    expect(await second.virsh('domstate', 'twin')).toBe('running');
  });

  it('end with the process that started them, however it dies', async () => {
    const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'crash.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line');
    const { folder, pid } = JSON.parse(line as string) as { folder: string; pid: number };
    expect(processesOf(folder)).toContain(String(pid));
    child.kill('SIGKILL');
    await once(child, 'exit');
    while (existsSync(folder)) await sleep(50);
    expect(processesOf(folder)).toEqual([]);
  });
});
