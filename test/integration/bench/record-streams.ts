/**
 * Records the fixtures of test/fixtures/qemu-migration from real guests, and checks on the way that the stream and
 * `virsh dump --memory-only` of the same paused guest agree byte for byte.
 *
 *   npx node test/integration/bench/record-streams.ts [old]
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompressSync } from 'node:zlib';
import { type Bench, startBench } from './bench.ts';
import { coreSegments } from './core-pages.ts';
import { buildFirmware } from './firmware.ts';
import type { Generation } from './generation.ts';
import type { Guest, GuestOptions } from './guest.ts';
import { type MemoryRange, memoryMap } from './memory-map.ts';
import { idle } from './programs.ts';
import { snapshotStream } from './snapshot-stream.ts';
import { type StreamMemory, streamMemory } from './stream-memory.ts';
import { deviceTail, streamBlocks, streamDescription } from './stream-pages.ts';

const run = promisify(execFile);
const fixtures = join(import.meta.dirname, '../../fixtures/qemu-migration');
const generation: Generation = process.argv[2] === 'old' ? 'old' : 'new';
const command = `npx node test/integration/bench/record-streams.ts${generation === 'old' ? ' old' : ''}`;
const numa = `<maxMemory slots='4' unit='MiB'>512</maxMemory>
  <cpu><numa><cell id='0' cpus='0' memory='16' unit='MiB'/><cell id='1' cpus='1' memory='16' unit='MiB'/></numa></cpu>`;
const pluggable = `<memory model='dimm'><target><size unit='MiB'>16</size><node>1</node></target></memory>
    <memory model='virtio-mem'><target><size unit='MiB'>16</size><node>0</node><block unit='MiB'>2</block>
      <requested unit='MiB'>0</requested></target></memory>`;

interface Recording {
  readonly name: string;
  readonly what: string;
  readonly guest: Omit<GuestOptions, 'name' | 'program'>;
  /** A Linux guest with these modules. Its memory is too large to keep, and not ours: only the device sections are kept. */
  readonly linux?: readonly string[];
}

const recordings: Recording[] = [
  { name: 'q35-1cpu', what: 'q35, 32 MiB, one CPU', guest: { memoryMiB: 32 } },
  { name: 'pc-2cpu', what: 'pc (i440FX), 48 MiB, two CPUs', guest: { machine: 'pc', memoryMiB: 48, vcpus: 2 } },
  { name: 'linux-2cpu', what: 'q35, 128 MiB, two CPUs, Linux', guest: { memoryMiB: 128, vcpus: 2 }, linux: [] },
  {
    name: 'linux-vmcoreinfo',
    what: 'q35, 128 MiB, one CPU, Linux, with the vmcoreinfo device filled in',
    guest: { memoryMiB: 128, featuresXml: "<vmcoreinfo state='on'/>" },
    linux: ['qemu_fw_cfg'],
  },
];
if (generation === 'new')
  recordings.push({
    name: 'virtio-mem',
    what: 'q35, two NUMA nodes of 16 MiB, a DIMM of 16 MiB, virtio-mem of 16 MiB with nothing plugged, two CPUs',
    guest: { memoryMiB: 32, vcpus: 2, domainXml: numa, devicesXml: pluggable },
  });

const work = await mkdtemp(join(tmpdir(), 'memoir-record-'));
const firmware = await buildFirmware(work);
try {
  await using bench = await startBench({ generation });
  for (const recording of recordings) {
    const guest = await bench.startGuest({
      ...recording.guest,
      name: recording.name,
      program: recording.linux ? idle({ modules: recording.linux }) : { firmware },
    });
    await guest.waitFor(/READY/);
    await record(bench, guest, recording);
    await guest.destroy();
  }
  for (const machine of ['q35', 'pc'] as const) await recordMap(bench, machine);
} finally {
  await rm(work, { recursive: true });
}

async function record(bench: Bench, guest: Guest, { name, what, linux }: Recording): Promise<void> {
  await bench.virsh('suspend', guest.uuid);
  const core = join(bench.exchange, `${name}.elf`);
  await bench.virsh('dump', '--memory-only', '--format', 'elf', guest.uuid, core);
  const mtree = await guest.hmp('info mtree -f');
  const ramblock = await guest.hmp('info ramblock');
  const registers = await guest.hmp('info registers -a');
  const version = (await guest.qmp('query-version')) as { qemu: { major: number; minor: number; micro: number } };
  const stream = await snapshotStream(bench, guest);

  const memory = streamMemory(stream);
  // What is not plugged of a virtio-mem device stands in the memory map, but neither in the dump nor in the stream.
  const ranges = memoryMap(mtree).filter(({ block }) => memory.pagesSent(block) > 0);
  const coreHead = await compare(core, ranges, memory);
  const { major, minor, micro } = version.qemu;
  const folder = join(fixtures, `qemu-${major}.${minor}-${name}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const keep = (file: string, content: string | Uint8Array): Promise<void> => writeFile(join(folder, file), content);
  const compressed = (content: string | Uint8Array): Buffer =>
    zstdCompressSync(content, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
  const expected = {
    qemu: `${major}.${minor}.${micro}`,
    streamBytes: stream.length,
    streamSha256: sha256(stream),
    blocks: Object.fromEntries(streamBlocks(stream)),
    ranges: ranges.map((range) => ({ ...range, sha256: sha256(memory.bytes(range)) })),
  };
  if (linux) await keep('device-tail.zst', compressed(deviceTail(stream)));
  else await keep('stream.zst', compressed(stream));
  await keep('vmdesc.json.zst', compressed(streamDescription(stream)));
  await keep('core-head.bin', coreHead);
  await keep('mtree.txt', `${mtree}\n`);
  await keep('ramblock.txt', `${ramblock}\n`);
  await keep('registers.txt', `${registers}\n`);
  await keep('query-version.json', `${JSON.stringify(version, null, 2)}\n`);
  await keep('expected.json', `${JSON.stringify(expected, null, 2)}\n`);
  await keep(
    'ORIGIN.md',
    origin(what, linux !== undefined, `${major}.${minor}.${micro}`, await bench.virsh('version', '--daemon')),
  );
  process.stdout.write(`${folder}: ${stream.length} bytes of stream, ${ranges.length} ranges equal to virsh dump\n`);
}

/** The memory map of a guest of 4 GiB, where RAM makes room for devices, and the dump's own headers of it. */
async function recordMap(bench: Bench, machine: 'q35' | 'pc'): Promise<void> {
  const guest = await bench.startGuest({ name: `${machine}-4gib`, program: { firmware }, machine, memoryMiB: 4096 });
  await guest.waitFor(/READY/);
  await bench.virsh('suspend', guest.uuid);
  const mtree = await guest.hmp('info mtree -f');
  const fifo = join(bench.exchange, 'head');
  await run('mkfifo', [fifo]);
  const head = run('head', ['-c', '4096', fifo], { encoding: 'buffer' });
  // The reader closes after the headers, which ends the dump.
  await bench.virsh('dump', '--memory-only', '--format', 'elf', guest.uuid, fifo).catch(() => {});
  const { stdout: core } = await head;
  const { qemu } = (await guest.qmp('query-version')) as { qemu: { major: number; minor: number; micro: number } };
  const folder = join(fixtures, `qemu-${qemu.major}.${qemu.minor}-${guest.name}`);
  await rm(folder, { recursive: true, force: true });
  await rm(fifo);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'mtree.txt'), `${mtree}\n`);
  await writeFile(join(folder, 'core-head.bin'), core.subarray(0, 2048));
  await writeFile(
    join(folder, 'ORIGIN.md'),
    `# Origin

Recorded by \`${command}\` from QEMU ${qemu.major}.${qemu.minor}.${qemu.micro} under libvirt: ${machine}, 4 GiB, one CPU; software emulation.

The guest ran the firmware of test/integration/bench/firmware.S and was paused (\`virsh suspend\`).

- \`mtree.txt\`: \`info mtree -f\`
- \`core-head.bin\`: the first 2048 bytes of \`virsh dump --memory-only --format elf\`: headers, notes, and a little of the memory
`,
  );
  await guest.destroy();
  process.stdout.write(`${folder}: ${memoryMap(mtree).length} ranges\n`);
}

/** Compares a core's segments with the stream's memory and returns the core's head: all before the first segment's bytes. */
async function compare(core: string, ranges: MemoryRange[], memory: StreamMemory): Promise<Buffer> {
  await using file = await open(core);
  const segments = await coreSegments(file);
  for (const { address, offset, length } of segments) {
    const found = Buffer.alloc(length);
    await file.read(found, 0, length, offset);
    for (let at = 0; at < length; at += 4096) {
      const start = Number(address) + at;
      const range = ranges.find((one) => one.start <= start && start < one.start + one.length);
      if (!range) throw new Error(`the core has 0x${start.toString(16)}, the memory map has not`);
      const page = memory.bytes(range).subarray(start - range.start, start - range.start + 4096);
      if (!page.equals(found.subarray(at, at + 4096))) throw new Error(`0x${start.toString(16)} differs`);
    }
  }
  const total = (lengths: { length: number }[]): number => lengths.reduce((sum, { length }) => sum + length, 0);
  if (total(segments) !== total(ranges)) throw new Error('the core and the memory map differ in size');
  const head = Buffer.alloc(Math.min(...segments.map(({ offset }) => offset)));
  await file.read(head, 0, head.length, 0);
  return head;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function origin(what: string, linux: boolean, qemu: string, versions: string): string {
  const kept = linux
    ? '`device-tail.zst`: the stream from the first byte behind the RAM section to its end (device sections, end mark, description)'
    : '`stream.zst`: the whole stream, as it came out of the socket';
  const guest = linux
    ? "Debian's cloud kernel with an initramfs of busybox, idle"
    : 'the firmware of test/integration/bench/firmware.S, which says what its registers and its memory hold';
  return `# Origin

Recorded by \`${command}\` from QEMU ${qemu} under libvirt:
${what}; software emulation.

The guest ran ${guest}.

Versions, by \`virsh version --daemon\`:

${versions
  .split('\n')
  .filter(Boolean)
  .map((line) => `    ${line}`)
  .join('\n')}

The guest was paused (\`virsh suspend\`). Then, in this order: \`virsh dump --memory-only --format elf\`, the monitor's commands,
and a background snapshot into a unix socket. The recorder compared every page of the two before it kept anything.

- ${kept}
- \`vmdesc.json.zst\`: the description at the stream's end, for reading
- \`core-head.bin\`: the dump's file up to its first segment's bytes: ELF header, section and program headers, notes
- \`mtree.txt\`, \`ramblock.txt\`, \`registers.txt\`: \`info mtree -f\`, \`info ramblock\`, \`info registers -a\`
- \`query-version.json\`: the answer to \`query-version\`
- \`expected.json\`: the stream's length and digest, its RAM blocks, and the digest of each range of guest-physical memory
`;
}
