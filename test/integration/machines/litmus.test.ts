import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCaptureThread } from '../../../src/dumps/pipeline/capture-threads.ts';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { directoryStoreModule } from '../../../src/storage/directory/directory-store.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { coreSegments } from '../bench/core-pages.ts';
import { lacksBench } from '../bench/generation.ts';
import { litmus } from '../bench/litmus.ts';
import { judgeLitmus } from '../bench/litmus-check.ts';
import { expectUntouched } from './invariant.ts';
import { LitmusFigures } from './litmus-figures.ts';

const captures = Number(process.env.CAPTURES ?? 20);

function* pagesOf(image: Buffer): Generator<Uint8Array> {
  for (let at = 0; at + 4096 <= image.length; at += 4096) yield image.subarray(at, at + 4096);
}

/** The memory in an image, once: the segment of the kernel's text shows bytes a second time that lie in another one. */
async function memoryOf(path: string): Promise<Buffer> {
  await using file = await open(path);
  const segments = await coreSegments(file);
  const own = segments.filter(({ offset }, index) =>
    segments.every((other, at) => at === index || offset < other.offset || offset >= other.offset + other.length),
  );
  const parts = own.map(
    async ({ offset, length }) => (await file.read(Buffer.alloc(length), 0, length, offset)).buffer,
  );
  return Buffer.concat(await Promise.all(parts));
}

describe.skipIf(lacksBench())('a snapshot of a guest that writes as fast as it can', () => {
  let bench: Bench;
  let hypervisor: Hypervisor;
  beforeAll(async () => {
    bench = await startBench();
    hypervisor = await createLibvirtHypervisor({ uri: bench.uri, stateFolder: join(bench.folder, 'state') });
  }, 120_000);
  afterAll(async () => {
    await hypervisor?.close();
    await bench?.close();
  });

  /** One more capture, by the thread that makes dumps: the path of an uncompressed image. */
  async function throughPipeline(machine: Machine): Promise<string> {
    const plan = await hypervisor.plan(machine, 'SNAPSHOT');
    const folder = join(bench.folder, 'dumps');
    const thread = startCaptureThread(
      {
        source: plan.source,
        store: { module: directoryStoreModule, options: { folder } },
        key: { folder: machine.id, file: 'one.elf' },
        expectedBytes: plan.memoryBytes,
        format: 'ELF',
        compression: 'NONE',
        spoolFolder: join(bench.folder, 'spool'),
        spoolBytes: 1 << 30,
      },
      { progress: () => undefined, moved: () => undefined, discard: async () => undefined },
    );
    const { guestPauseMs, capturedAtMs } = await hypervisor.capture(plan, thread.reader, new AbortController().signal);
    await thread.finish(
      {
        id: machine.id,
        host: hypervisor.host,
        machineId: machine.id,
        machineName: machine.name,
        vmid: machine.vmid ?? '',
        demo: false,
        actor: 'test',
        method: 'SNAPSHOT',
        methodReason: plan.reason,
        format: 'ELF',
        compression: 'NONE',
        guestPauseMs,
        startedAtMs: Date.now(),
        capturedAtMs,
      },
      0,
    );
    return join(folder, machine.id, 'one.elf');
  }

  it.each([1, 2])(`shows one moment, ${captures} times over, with %i CPUs`, { timeout: 900_000 }, async (vcpus) => {
    const program = await litmus({ writers: vcpus, pages: 16_384 / vcpus });
    const guest = await bench.startGuest({ name: `litmus-${vcpus}`, vcpus, program });
    await guest.waitFor(/READY/);
    const machine = (await hypervisor.find(guest.uuid)) as Machine;
    const newest: bigint[] = [];
    const figures = new LitmusFigures(bench, guest);
    await figures.rest();
    for (let round = 0; round < captures; round++) {
      const plan = await hypervisor.plan(machine, 'SNAPSHOT');
      const reader = new InProcessReader(plan, { keepImage: true });
      await figures.during(async () => {
        const { guestPauseMs } = await hypervisor.capture(plan, reader, new AbortController().signal);
        expect(guestPauseMs).not.toBeNull();
        return guestPauseMs;
      });
      const { problems, consistent, writers } = await judgeLitmus(pagesOf(reader.recorder.image as Buffer));
      expect(problems).toEqual([]);
      expect(consistent).toBe(true);
      newest.push(...writers.slice(0, 1).map((writer) => writer.newest));
    }
    const artifact = await throughPipeline(machine);
    expect(await judgeLitmus(pagesOf(await memoryOf(artifact)))).toMatchObject({ consistent: true, problems: [] });
    // It did write between the captures: the litmus would say the same of a guest that stands still.
    expect(new Set(newest).size).toBe(captures);
    await expectUntouched(guest);
    await figures.print(`litmus with ${vcpus} CPUs`);
    await guest.destroy();
  });
});
