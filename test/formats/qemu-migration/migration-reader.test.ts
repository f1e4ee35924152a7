import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { x86Notes } from '../../../src/formats/elf/x86-notes.ts';
import { readGuestNote } from '../../../src/formats/qemu-migration/vmcoreinfo-device.ts';
import { readX86Cpus } from '../../../src/formats/qemu-migration/x86-cpu-section.ts';
import { cpu } from '../elf/guest.ts';
import { capture } from './captured.ts';
import { cpuDevice, cpuDevice32, virtioMemEarly, vmcoreinfoDevice } from './devices.ts';
import { be, type Device, field, type PageRecord, type Stream, writeStream } from './stream-writer.ts';

const filled = (seed: number): Buffer => Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7 + seed) & 0xff));
const timer: Device = { name: 'timer', instance: 0, version: 2, fields: [field('cpu_ticks_offset', be.u64(5))] };

/** A small guest: two blocks, pages out of order, the devices that are looked for among others. */
const guest: Stream = {
  machine: 'pc-q35-7.2',
  blocks: [
    { name: 'pc.ram', length: 4 * 4096 },
    { name: '0000:00:01.0/vga.vram', length: 2 * 4096 },
  ],
  parts: [
    [
      { block: 'pc.ram', offset: 4096, bytes: filled(1) },
      { block: 'pc.ram', offset: 0 },
      { block: '0000:00:01.0/vga.vram', offset: 4096, bytes: filled(2) },
    ],
    [],
    [
      { block: '0000:00:01.0/vga.vram', offset: 0 },
      { block: 'pc.ram', offset: 8192, bytes: filled(3) },
      { block: 'pc.ram', offset: 12_288, bytes: filled(4), named: true },
    ],
  ],
  devices: [timer, cpuDevice(cpu(1)), cpuDevice(cpu(0)), vmcoreinfoDevice({ address: 0x3000n, size: 3300 })],
};

describe('the stream of a background snapshot', () => {
  it('brings machine, blocks, pages and devices', () => {
    const captured = capture(writeStream(guest));
    expect(captured.machine).toBe('pc-q35-7.2');
    expect(captured.blocks).toEqual([
      { index: 0, name: 'pc.ram', length: 16_384, extents: [{ start: 0, end: 16_384 }] },
      { index: 1, name: '0000:00:01.0/vga.vram', length: 8192, extents: [{ start: 0, end: 8192 }] },
    ]);
    expect([...captured.pages]).toEqual([
      ['pc.ram@4096', filled(1)],
      ['pc.ram@0', undefined],
      ['0000:00:01.0/vga.vram@4096', filled(2)],
      ['0000:00:01.0/vga.vram@0', undefined],
      ['pc.ram@8192', filled(3)],
      ['pc.ram@12288', filled(4)],
    ]);
    expect(captured.devices.map(({ name, instance }) => [name, instance])).toEqual([
      ['timer', 0],
      ['cpu', 1],
      ['cpu', 0],
      ['vmcoreinfo', 0],
    ]);
  });

  it('starts with these bytes', () => {
    // The beginning of a stream of QEMU 7.2, as it was seen.
    const golden =
      '5145564d' + '00000003' + '07' + '0000000a' + '70632d7133352d372e32' + '01' + '00000003' + '0372616d';
    expect(writeStream(guest).toString('hex').startsWith(`${golden}00000000${'00000004'}0000000000006004`)).toBe(true);
  });

  it('is the same in chunks of any size', () => {
    const stream = writeStream(guest);
    const whole = capture(stream);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 12 }), (sizes) => {
        expect(capture(stream, sizes)).toEqual(whole);
      }),
      { numRuns: 200 },
    );
    expect(capture(stream, [1])).toEqual(whole);
  });

  it('brings the pages of any guest', () => {
    const page = fc.record({ zero: fc.boolean(), seed: fc.nat(255), named: fc.boolean() });
    const block = fc.array(page, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 4 }), fc.integer(), fc.nat(6), (blocks, salt, split) => {
        const records = blocks.flatMap((pages, b) =>
          pages.map(
            ({ zero, seed, named }, i): PageRecord => ({
              block: `block${b}`,
              offset: i * 4096,
              bytes: zero ? undefined : filled(seed),
              named,
            }),
          ),
        );
        records.sort((a, b) => ((a.offset * 31 + salt) % 977) - ((b.offset * 31 + salt) % 977));
        const stream = writeStream({
          machine: 'x',
          blocks: blocks.map((pages, b) => ({ name: `block${b}`, length: pages.length * 4096 })),
          parts: [records.slice(0, split), records.slice(split)],
          devices: [],
        });
        const { pages } = capture(stream, [5000]);
        expect([...pages]).toEqual(records.map(({ block, offset, bytes }) => [`${block}@${offset}`, bytes]));
      }),
      { numRuns: 50 },
    );
  });

  it('may have a flush of multifd, a page size and an END of memory in it', () => {
    const stream = writeStream({
      ...guest,
      configuration: [be.u8(5), be.name('configuration/target-page-bits'), be.u32(1), be.u32(12)],
    });
    const list = stream.indexOf(Buffer.concat([be.u64(0x10), be.u8(0x7e)]));
    const flush = Buffer.concat([be.u8(2), be.u32(3), be.u64(0x200), be.u64(0x10), be.u8(0x7e), be.u32(3)]);
    const end = Buffer.concat([be.u8(3), be.u32(3), be.u64(0x10), be.u8(0x7e), be.u32(3)]);
    const devices = stream.indexOf(Buffer.concat([be.u8(4), be.u32(4), be.name('timer')]));
    const longer = Buffer.concat([
      stream.subarray(0, list),
      be.u64(0x200),
      stream.subarray(list, devices),
      flush,
      end,
      stream.subarray(devices),
    ]);
    expect(capture(longer)).toMatchObject({ machine: 'pc-q35-7.2', pages: { size: 6 } });
  });

  it('may have memory that virtio-mem has unplugged', () => {
    const block = { name: '0000:00:03.0/vmem0', length: 4 << 20 };
    const pages = Array.from({ length: 512 }, (_, i): PageRecord => ({ block: block.name, offset: i * 4096 }));
    const stream: Stream = {
      ...guest,
      blocks: [...guest.blocks, block],
      parts: [...guest.parts, pages],
      early: [virtioMemEarly(4 << 20, 2 << 20)],
    };
    const captured = capture(writeStream(stream), [333]);
    expect(captured.pages.size).toBe(6 + 512);
    expect(captured.devices.length).toBe(4);
    expect(captured.blocks.at(-1)?.extents).toEqual([{ start: 0, end: 2 << 20 }]);
    const refused = (...more: PageRecord[]) => writeStream({ ...stream, parts: [...guest.parts, more] });
    expect(() => capture(refused(...pages.slice(1)))).toThrow(/4096 bytes of block "0000:00:03.0\/vmem0" never came/);
    const unplugged = { block: block.name, offset: 2 << 20 };
    expect(() => capture(refused(...pages, unplugged))).toThrow(/page 2097152 of block .* not there/);
  });
});

describe('the devices of a stream', () => {
  it('may be some that save themselves, whose description has no version', () => {
    const fields = [field('data', Buffer.alloc(131, 1))];
    const slirp: Device = { name: 'slirp', instance: 0, version: 4, fields, oldStyle: true };
    const { devices } = capture(writeStream({ ...guest, devices: [slirp, timer] }));
    expect(devices.map(({ name }) => name)).toEqual(['slirp', 'timer']);
  });

  it('give the processors, from which the notes are made', () => {
    const { devices } = capture(writeStream(guest));
    const cpus = readX86Cpus(devices);
    expect(cpus).toEqual([cpu(0), cpu(1)]);
    expect(x86Notes(cpus).length).toBe(4);
  });

  it('give the processors of qemu-system-i386 too', () => {
    const { devices } = capture(writeStream({ ...guest, devices: [cpuDevice32(cpu(0))] }));
    const [one] = readX86Cpus(devices);
    expect(one).toMatchObject({ efer: 0n, kernelGsBase: 0n, rip: cpu(0).rip & 0xffffffffn });
    expect(one?.registers).toMatchObject({ rdi: cpu(0).registers.rdi & 0xffffffffn, r8: 0n });
    expect(one?.segments.gs).toEqual({ ...cpu(0).segments.gs, base: cpu(0).segments.gs.base & 0xffffffffn });
  });

  it('give no processors of another architecture', () => {
    const arm: Device = { name: 'cpu', instance: 0, version: 22, fields: [field('env.xregs', be.u64(1), be.u64(2))] };
    const { devices } = capture(writeStream({ ...guest, devices: [arm] }));
    expect(() => readX86Cpus(devices)).toThrow(
      expect.objectContaining({ fault: 'UNSUPPORTED', section: 'cpu', message: expect.stringContaining('not x86') }),
    );
    expect(() => readX86Cpus([])).toThrow(/no processors/);
  });

  it('say where the guest has put its VMCOREINFO note', () => {
    const note = (device: Device) => readGuestNote(capture(writeStream({ ...guest, devices: [device] })).devices);
    expect(note(vmcoreinfoDevice({ address: 0x3000n, size: 3300 }))).toEqual({ address: 0x3000n, size: 3300 });
    expect(note(timer)).toBeUndefined();
    expect(note(vmcoreinfoDevice({ address: 0x3000n, size: 3300, has: 0 }))).toBeUndefined();
    expect(note(vmcoreinfoDevice({ address: 0x3000n, size: 3300, format: 2 }))).toBeUndefined();
    expect(note(vmcoreinfoDevice({ address: 0x3000n, size: 1 << 30 }))).toBeUndefined();
  });
});
