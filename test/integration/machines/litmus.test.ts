import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';
import { litmus } from '../bench/litmus.ts';
import { judgeLitmus } from '../bench/litmus-check.ts';
import { expectUntouched } from './invariant.ts';

const captures = Number(process.env.CAPTURES ?? 20);

function* pagesOf(image: Buffer): Generator<Uint8Array> {
  for (let at = 0; at + 4096 <= image.length; at += 4096) yield image.subarray(at, at + 4096);
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

  it.each([1, 2])(`shows one moment, ${captures} times over, with %i CPUs`, { timeout: 900_000 }, async (vcpus) => {
    const program = await litmus({ writers: vcpus, pages: 16_384 / vcpus });
    const guest = await bench.startGuest({ name: `litmus-${vcpus}`, vcpus, program });
    await guest.waitFor(/READY/);
    const machine = (await hypervisor.find(guest.uuid)) as Machine;
    const newest: bigint[] = [];
    for (let round = 0; round < captures; round++) {
      const plan = await hypervisor.plan(machine, 'SNAPSHOT');
      const reader = new InProcessReader(plan, { keepImage: true });
      const { guestPauseMs } = await hypervisor.capture(plan, reader, new AbortController().signal);
      expect(guestPauseMs).not.toBeNull();
      const { problems, consistent, writers } = await judgeLitmus(pagesOf(reader.recorder.image as Buffer));
      expect(problems).toEqual([]);
      expect(consistent).toBe(true);
      newest.push(...writers.slice(0, 1).map((writer) => writer.newest));
    }
    // It did write between the captures: the litmus would say the same of a guest that stands still.
    expect(new Set(newest).size).toBe(captures);
    await expectUntouched(guest);
    await guest.destroy();
  });
});
