/**
 * Records the fixtures of test/fixtures/libvirt: what virsh and a real libvirtd say to each other.
 *
 *   npx node test/integration/bench/record-traffic.ts [old]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBench } from './bench.ts';
import { buildFirmware } from './firmware.ts';
import type { Generation } from './generation.ts';
import { type Recorder, startRecorder } from './recorder.ts';

const generation: Generation = process.argv[2] === 'old' ? 'old' : 'new';
await using bench = await startBench({ generation });
const firmware = await buildFirmware(bench.folder);
const guest = await bench.startGuest({ name: 'recorded', program: { firmware }, memoryMiB: 32, vcpus: 2 });
await guest.waitFor(/READY/);

const versions = (await bench.virsh('version', '--daemon')).split('\n').filter(Boolean);
const daemon = versions
  .at(-1)
  ?.match(/[\d.]+$/)?.[0]
  .replace(/\.\d+$/, '') as string;
const folder = join(import.meta.dirname, '../../fixtures/libvirt', `libvirt-${daemon}`);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

/** Runs `session` against a recorder and keeps what went by. */
async function record(name: string, session: (uri: string, recorder: Recorder) => Promise<void>): Promise<void> {
  await using recorder = await startRecorder(join(bench.exchange, `${name}.sock`), bench.socketPath);
  await session(`qemu+unix:///system?socket=${recorder.socketPath}`, recorder);
  const lines = recorder.messages.map(({ connection, from, bytes }) =>
    JSON.stringify({ connection, from, hex: bytes.toString('hex') }),
  );
  await writeFile(join(folder, `${name}.ndjson`), `${lines.join('\n')}\n`);
  process.stdout.write(`${name}: ${lines.length} messages\n`);
}

const queries = [
  'version',
  'list --all',
  'domid recorded',
  'dominfo recorded',
  'domstate --reason recorded',
  'dumpxml recorded',
  'domstats',
  'domstats --nowait --balloon --vcpu recorded',
  'domjobinfo recorded',
  'qemu-monitor-command recorded {\\"execute\\":\\"query-version\\"}',
  'qemu-monitor-command recorded {\\"execute\\":\\"no-such-command\\"}',
  'qemu-monitor-command --hmp recorded info\\ status',
  'pool-list --all',
];
const refused = ['domstate nobody', 'domjobabort recorded', `dump --memory-only recorded ${bench.folder}/none/core`];
await record('queries', async (uri) => void (await bench.virsh('-c', uri, queries.join('; '))));
await record('refusals', async (uri) => {
  for (const command of refused) await bench.virsh('-c', uri, command).catch(() => {});
});
await record('dump', async (uri) => {
  // For ELF virsh makes the older call (53), for any other format the newer one (334).
  for (const format of ['elf', 'kdump-zlib'])
    await bench.virsh('-c', uri, `dump --memory-only --format ${format} recorded ${bench.exchange}/core`);
});

await record('events', async (uri, recorder) => {
  const watchers = ['event --all --loop', 'qemu-monitor-event --loop'].map((command) =>
    spawn('virsh', ['-c', uri, command], { stdio: 'ignore' }),
  );
  const seen = (procedure: number): number =>
    recorder.messages.filter(({ bytes, from }) => from === 'server' && bytes.readUInt32BE(12) === procedure).length;
  const registered = (): boolean => seen(316) > 0 && seen(4) > 0; // a reply to each kind of registration
  while (!registered()) await sleep(20);
  await bench.virsh('suspend', 'recorded');
  await bench.virsh('resume', 'recorded');
  while (seen(318) < 2 || seen(6) < 2) await sleep(20); // lifecycle; QEMU's own events
  for (const watcher of watchers) {
    watcher.kill('SIGINT'); // it deregisters and closes
    await once(watcher, 'exit');
  }
});

await record('streams', async (uri) => {
  const path = (name: string): string => join(bench.exchange, name);
  await mkdir(path('pool'));
  const data = Buffer.alloc(3000, 'memoir ');
  // Exactly the length that is announced: libvirtd 11.3 dies of a byte more ("double free or corruption").
  await writeFile(path('small'), data);
  await writeFile(path('sparse'), data);
  await truncate(path('sparse'), 64 << 10);
  const session = [
    `pool-create-as recorded dir --target ${path('pool')}`,
    'vol-create-as recorded volume 64K --allocation 0',
    `vol-upload volume ${path('small')} --pool recorded --length 3000`,
    `vol-download volume ${path('copy')} --pool recorded --length 3000`,
    `vol-upload volume ${path('sparse')} --pool recorded --sparse`,
    `vol-download volume ${path('copy')} --pool recorded --sparse`,
    'vol-info volume --pool recorded',
    'vol-delete volume --pool recorded',
    'pool-destroy recorded',
  ];
  await bench.virsh('-c', uri, session.join('; '));
});

await writeFile(
  join(folder, 'ORIGIN.md'),
  `# Origin

Recorded by \`npx node test/integration/bench/record-traffic.ts${generation === 'old' ? ' old' : ''}\`: virsh on one side of a recording socket, libvirtd
on the other, and a guest of 32 MiB with two CPUs under QEMU (the firmware of test/integration/bench/firmware.S).
What \`virsh version --daemon\` said:

${versions.map((line) => `    ${line}`).join('\n')}

Each line is one message of the RPC protocol with its length word: on which connection, from whom, and its bytes. Lines are
in the order in which the recorder had seen each message's last byte.

- \`queries.ndjson\`: \`virsh "${queries.join('; ').replaceAll('\\', '')}"\`
- \`refusals.ndjson\`: three sessions, each with one command that libvirt refuses: \`${refused.map((command) => command.replace(bench.folder, '…')).join('`, `')}\`
- \`dump.ndjson\`: two sessions of \`virsh dump --memory-only\` into a file, with \`--format elf\` (call 53) and \`kdump-zlib\` (334)
- \`events.ndjson\`: \`virsh event --all --loop\` and \`virsh qemu-monitor-event --loop\`, while the guest was suspended and resumed
  from elsewhere; both ended by ^C
- \`streams.ndjson\`: a storage pool and a volume of 64 KiB made, 3000 bytes uploaded and downloaded, then all of it as a
  sparse stream (3000 bytes of data and a hole), and everything deleted
`,
);
