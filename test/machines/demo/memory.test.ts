import { describe, expect, it } from 'vitest';
import { VmcoreinfoSearch } from '../../../src/formats/elf/vmcoreinfo-search.ts';
import { type CaptureMethod, captureMethods } from '../../../src/machines/capture.ts';
import { createDemoHypervisor } from '../../../src/machines/demo/demo-hypervisor.ts';
import { type DemoMachineSpec, memoryRanges } from '../../../src/machines/demo/demo-machine.ts';
import { pageBytes } from '../../../src/machines/memory-source.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';

const small: DemoMachineSpec = {
  id: '00000000-0000-4000-8000-000000000001',
  name: 'small',
  title: null,
  state: 'RUNNING',
  // Enough for the VMCOREINFO to lie in it.
  memoryBytes: 32 << 20,
  vcpus: 3,
  handsOverVmcoreinfo: false,
};

async function capture(spec: Partial<DemoMachineSpec>, epoch: number, method: CaptureMethod): Promise<InProcessReader> {
  const machine = { ...small, ...spec };
  const hypervisor = createDemoHypervisor({ speedBytesPerSec: null, machines: [machine], epoch });
  const [shown] = await hypervisor.list();
  if (shown === undefined) throw new Error('the machine is missing');
  const reader = new InProcessReader(await hypervisor.plan(shown, method), { keepImage: true });
  await hypervisor.capture({ ...(await hypervisor.plan(shown, method)) }, reader, new AbortController().signal);
  await hypervisor.close();
  expect(reader.recorder.complaints).toEqual([]);
  return reader;
}

const pagesOf = (reader: InProcessReader): Buffer[] => {
  const image = reader.recorder.image ?? Buffer.alloc(0);
  return Array.from({ length: image.length / pageBytes }, (_, page) =>
    image.subarray(page * pageBytes, (page + 1) * pageBytes),
  );
};

describe('demo memory', () => {
  it('is the same to the byte for the same machine at the same epoch, by either method', async () => {
    const digests = await Promise.all(
      (Object.keys(captureMethods) as CaptureMethod[])
        .flatMap((method) => [capture({}, 7, method), capture({}, 7, method)])
        .map(async (reader) => (await reader).recorder.digest()),
    );
    expect(new Set(digests).size).toBe(1);
  });

  it('is another for another machine', async () => {
    const [one, other] = [
      await capture({}, 0, 'SNAPSHOT'),
      await capture({ id: small.id.replace(/1$/, '2') }, 0, 'SNAPSHOT'),
    ];
    expect(one.recorder.digest()).not.toBe(other.recorder.digest());
  });

  it('changes in a few per cent of its pages from one epoch to the next', async () => {
    const [before, after] = [pagesOf(await capture({}, 7, 'SNAPSHOT')), pagesOf(await capture({}, 8, 'SNAPSHOT'))];
    const changed = before.filter((page, index) => !page.equals(after[index] as Buffer)).length / before.length;
    expect(changed).toBeGreaterThan(0.005);
    expect(changed).toBeLessThan(0.05);
  });

  it('is zero in about half of its pages, and says so instead of sending them', async () => {
    const { recorder } = await capture({ memoryBytes: 128 << 20 }, 0, 'SNAPSHOT');
    const zeros = recorder.zeroBytes / recorder.totalBytes;
    expect(zeros).toBeGreaterThan(0.48);
    expect(zeros).toBeLessThan(0.6);
    const empty = Buffer.alloc(pageBytes);
    const image = recorder.image ?? Buffer.alloc(0);
    let found = 0;
    for (let at = 0; at < image.length; at += pageBytes)
      if (image.compare(empty, 0, pageBytes, at, at + pageBytes) === 0) found += pageBytes;
    expect(found).toBe(recorder.zeroBytes);
  });

  it('has hardly a page twice', async () => {
    const pages = pagesOf(await capture({}, 0, 'SNAPSHOT')).filter((page) => page.some((byte) => byte !== 0));
    expect(new Set(pages.map((page) => page.toString('latin1'))).size).toBeGreaterThan(pages.length * 0.98);
  });

  it('holds exactly one VMCOREINFO, with which a reader finds the kernel’s text', async () => {
    const { recorder, tail } = await capture({}, 3, 'SNAPSHOT');
    const search = new VmcoreinfoSearch();
    search.look(recorder.image ?? new Uint8Array(0));
    expect(search.texts).toHaveLength(1);
    expect(search.choose(tail?.kernelAddress ?? undefined)).toMatchObject({
      stext: 0xffff_ffff_8100_0000n,
      physBase: 0n,
    });
    expect(tail?.vmcoreinfo).toBeNull();
  });

  it('hands the VMCOREINFO over where the machine has the device for it', async () => {
    const { recorder, tail } = await capture({ handsOverVmcoreinfo: true }, 3, 'SNAPSHOT');
    const search = new VmcoreinfoSearch();
    search.look(recorder.image ?? new Uint8Array(0));
    expect(search.texts).toEqual([tail?.vmcoreinfo]);
  });

  it('describes each CPU in both notes alike', async () => {
    const { tail } = await capture({}, 0, 'CORE_DUMP');
    const descs = (tail?.cpuNotes ?? []).map(({ desc }) => Buffer.from(desc));
    const seen = descs.slice(0, descs.length / 2).map((status, index) => {
      const state = descs[descs.length / 2 + index] as Buffer;
      return {
        cpu: status.readUInt32LE(32), // pr_pid
        header: [state.readUInt32LE(0), state.readUInt32LE(4)], // version, size
        rip: [status.readBigUInt64LE(112 + 16 * 8), state.readBigUInt64LE(8 + 16 * 8)],
        rsp: [status.readBigUInt64LE(112 + 19 * 8), state.readBigUInt64LE(8 + 6 * 8)],
        cr3: state.readBigUInt64LE(416),
      };
    });
    expect(seen.map(({ cpu }) => cpu)).toEqual([1, 2, 3]);
    for (const { header, rip, rsp, cr3 } of seen) {
      expect(header).toEqual([1, 440]);
      expect(rip[0]).toBe(rip[1]);
      expect(rsp[0]).toBe(rsp[1]);
      expect((rip[0] as bigint) >> 24n).toBe(0xffff_ffff_81n);
      expect(cr3).toBe(0x1c1_0000n);
    }
    expect(new Set(seen.map(({ rip }) => rip[0])).size).toBe(3);
  });

  it('comes in order from a core dump, with a few pages before their turn from a snapshot', async () => {
    const large = { memoryBytes: 64 << 20 };
    const [core, snapshot] = [await capture(large, 0, 'CORE_DUMP'), await capture(large, 0, 'SNAPSHOT')];
    expect(core.recorder.outOfTurn).toBe(0);
    expect(core.recorder.receivedBytes).toBe(core.recorder.totalBytes);
    const share = snapshot.recorder.outOfTurn / (snapshot.recorder.totalBytes / pageBytes);
    expect(share).toBeGreaterThan(0.005);
    expect(share).toBeLessThan(0.08);
    expect(snapshot.recorder.receivedBytes).toBeLessThan(snapshot.recorder.totalBytes * 0.6);
  });

  it.each([
    [
      1 << 30,
      [
        [0n, 0xa0000n],
        [0x100000n, 0x4000_0000n],
      ],
    ],
    [
      4 * 2 ** 30,
      [
        [0n, 0xa0000n],
        [0x100000n, 0x8000_0000n],
        [0x1_0000_0000n, 0x1_8000_0000n],
      ],
    ],
  ])('lies where a q35 machine of %i bytes has its memory', (memoryBytes, expected) => {
    expect(memoryRanges(memoryBytes).map(({ start, end }) => [start, end])).toEqual(expected);
  });
});
