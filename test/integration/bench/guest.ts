import { randomUUID } from 'node:crypto';
import { chmod, chown, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { domainXml } from './domain-xml.ts';
import { type GuestProgram, initramfs } from './initramfs.ts';

export interface GuestOptions {
  readonly name: string;
  /** What it runs (programs.ts), or the path of a firmware image to run instead of a kernel. */
  readonly program: GuestProgram | { readonly firmware: string };
  readonly memoryMiB?: number;
  readonly vcpus?: number;
  readonly machine?: 'q35' | 'pc';
  /** Elements added to the domain's XML, in <domain>, in <features> and in <devices>. */
  readonly domainXml?: string;
  readonly featuresXml?: string;
  readonly devicesXml?: string;
}

/** A running guest of a bench. */
export interface Guest {
  readonly name: string;
  readonly uuid: string;
  /** Everything that it wrote to its serial console so far. */
  console(): Promise<string>;
  /** Waits until `pattern` shows on the console, after the first `from` characters of it. */
  waitFor(pattern: RegExp, options?: { from?: number; timeoutMs?: number }): Promise<RegExpMatchArray>;
  /** One QMP command through libvirt; its `return`, or an error with QMP's own words. */
  qmp(execute: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** One command of QEMU's human monitor through libvirt. */
  hmp(command: string): Promise<string>;
  /** The state in virsh's words: `running`, `paused`, `shut off`. */
  state(): Promise<string>;
  /** QEMU's process id, in this machine's numbers. */
  pid(): Promise<number>;
  destroy(): Promise<void>;
}

/** A boot takes 5 s on an idle machine. */
const bootMs = 180_000;

/** Creates and starts a transient domain. Resolves when QEMU runs it: wait for its READY before the program is relied on. */
export async function startGuest(bench: Bench, options: GuestOptions): Promise<Guest> {
  const { name, program } = options;
  const uuid = randomUUID();
  const folder = join(bench.folder, 'guests', uuid);
  const consolePath = join(folder, 'console.log');
  const passable = async (path: string, mode: number): Promise<void> => {
    await chown(path, 0, bench.qemu.group);
    await chmod(path, mode);
  };
  await mkdir(folder);
  await passable(folder, 0o710);
  const image = join(folder, 'firmware' in program ? 'firmware.bin' : 'initramfs.gz');
  if ('firmware' in program) await copyFile(program.firmware, image);
  else await writeFile(image, await initramfs(program));
  await passable(image, 0o640);

  const xml = domainXml({
    memoryMiB: 256,
    vcpus: 1,
    machine: 'q35',
    ...options,
    boot:
      'firmware' in program ? { firmware: image } : { kernel: join(bench.folder, 'boot', 'vmlinuz'), initrd: image },
    console: consolePath,
    domainXml: `<uuid>${uuid}</uuid>${options.domainXml ?? ''}`,
  });
  const definition = join(folder, 'domain.xml');
  await writeFile(definition, xml);
  await bench.virsh('create', definition);

  const guest: Guest = {
    name,
    uuid,
    console: () => readFile(consolePath, 'latin1'),
    async waitFor(pattern, { from = 0, timeoutMs = bootMs } = {}) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const text = await guest.console();
        const match = text.slice(from).match(pattern);
        if (match) return match;
        if (Date.now() > deadline) {
          const state = await guest.state().catch(String);
          throw new Error(`no ${pattern} on the console of ${name} (${state}); it ends:\n${text.slice(-2000)}`);
        }
        await sleep(50);
      }
    },
    async qmp(execute, args) {
      const command = JSON.stringify({ execute, arguments: args });
      const reply = JSON.parse(await bench.virsh('qemu-monitor-command', uuid, command)) as {
        return?: unknown;
        error?: { class: string; desc: string };
      };
      if (reply.error) throw new Error(`${execute}: ${reply.error.desc} (${reply.error.class})`);
      return reply.return;
    },
    hmp: (command) => bench.virsh('qemu-monitor-command', '--hmp', uuid, command),
    state: () => bench.virsh('domstate', uuid),
    pid: async () => Number(await readFile(join(bench.folder, 'run', 'qemu', `${name}.pid`), 'utf8')),
    destroy: async () => void (await bench.virsh('destroy', uuid)),
  };
  return guest;
}
