import { describe, expect, it } from 'vitest';
import { guestMemory } from '../../../src/formats/qemu-migration/guest-memory.ts';
import { parseMemoryTree } from '../../../src/formats/qemu-migration/memory-tree.ts';
import type { RamBlock } from '../../../src/formats/qemu-migration/ram-blocks.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

const blocks = (...list: [string, number][]): RamBlock[] =>
  list.map(([name, length], index) => ({ index, name, length, extents: [{ start: 0, end: length }] }));

/** A q35 guest of 4 GiB with a VGA card that has booted, in the form of QEMU 7.2's answer. */
const q35 = `FlatView #0
 AS "I/O", root: io
 Root memory region: io
  0000000000000000-0000000000000007 (prio 0, i/o): dma-chan
  0000000000000cf8-0000000000000cfb (prio 0, i/o): pci-conf-idx

FlatView #1
 AS "VGA", root: bus master container
 Root memory region: (none)
  No rendered FlatView

FlatView #2
 AS "memory", root: system
 AS "cpu-memory-0", root: system
 AS "mch", root: bus master container
 Root memory region: system
  0000000000000000-000000000009ffff (prio 0, ram): pc.ram KVM KVM
  00000000000a0000-00000000000affff (prio 1, ram): vga.vram KVM
  00000000000b0000-00000000000bffff (prio 1, i/o): vga-lowmem @0000000000010000
  00000000000c0000-00000000000c9fff (prio 0, rom): pc.ram @00000000000c0000 KVM
  00000000000ca000-000000007fffffff (prio 0, ram): pc.ram @00000000000ca000 KVM
  00000000b0000000-00000000bfffffff (prio 0, i/o): pcie-mmcfg-mmio
  00000000fd000000-00000000fdffffff (prio 1, ram): vga.vram
  00000000febf0000-00000000febf0fff (prio 1, ramd): 0000:01:00.0 BAR 0 mmaps[0]
  00000000ffc00000-00000000ffc83fff (prio 0, romd): system.flash1
  00000000fffc0000-00000000ffffffff (prio 0, rom): pc.bios KVM
  0000000100000000-000000017fffffff (prio 0, ram): pc.ram @0000000080000000 KVM

`;
const q35Blocks = blocks(['pc.ram', 4 * GiB], ['pc.bios', 256 * KiB], ['0000:00:01.0/vga.vram', 16 * MiB]);

describe('the memory tree of a machine', () => {
  it('has the regions of ram and rom that a processor sees', () => {
    const regions = parseMemoryTree(q35);
    expect(regions.map(({ name }) => name)).toEqual([
      ...['pc.ram', 'vga.vram', 'pc.ram', 'pc.ram', 'vga.vram', 'pc.bios', 'pc.ram'],
    ]);
    expect(regions[2]).toEqual({ start: 0xc0000n, end: 0xca000n, name: 'pc.ram', offset: 0xc0000n });
    expect(regions.at(-1)).toEqual({ start: 1n << 32n, end: 6n << 30n, name: 'pc.ram', offset: 0x80000000n });
  });

  it('becomes ranges of blocks, neighbours merged', () => {
    const ranges = guestMemory(parseMemoryTree(q35), q35Blocks);
    expect(ranges.map(({ start, end, block, offset }) => [start, end, block.name, offset])).toEqual([
      [0n, 0xa0000n, 'pc.ram', 0],
      [0xa0000n, 0xb0000n, '0000:00:01.0/vga.vram', 0],
      [0xc0000n, 0x80000000n, 'pc.ram', 0xc0000],
      [0xfd000000n, 0xfe000000n, '0000:00:01.0/vga.vram', 0],
      [0xfffc0000n, 1n << 32n, 'pc.bios', 0],
      [1n << 32n, 6n << 30n, 'pc.ram', 0x80000000],
    ]);
  });

  it('does not merge what is next to each other in addresses only', () => {
    const numa =
      'FlatView #0\r\n AS "memory", root: system\r\n' +
      '  0000000000000000-000000003fffffff (prio 0, ram): ram-node0\r\n' +
      '  0000000040000000-000000007fffffff (prio 0, ram): ram-node1\r\n';
    const ranges = guestMemory(parseMemoryTree(numa), blocks(['ram-node0', GiB], ['ram-node1', GiB]));
    expect(ranges.map(({ block }) => block.name)).toEqual(['ram-node0', 'ram-node1']);
  });

  it('leaves out what a virtio-mem device has not plugged', () => {
    const text = 'FlatView #0\n AS "memory", root: system\n  0000000100000000-000000010fffffff (prio 0, ram): vmem0\n';
    const [block] = blocks(['0000:00:03.0/vmem0', 256 * MiB]) as [RamBlock];
    const extents = [
      { start: 0, end: 2 * MiB },
      { start: 128 * MiB, end: 130 * MiB },
    ];
    const ranges = guestMemory(parseMemoryTree(text), [{ ...block, extents }]);
    expect(ranges.map(({ start, end, offset }) => [start, end, offset])).toEqual([
      [0x1_0000_0000n, 0x1_0020_0000n, 0],
      [0x1_0800_0000n, 0x1_0820_0000n, 128 * MiB],
    ]);
    expect(guestMemory(parseMemoryTree(text), [{ ...block, extents: [] }])).toEqual([]);
  });

  it('may be that of an Arm machine', () => {
    const virt =
      'FlatView #0\n AS "cpu-memory-0", root: system\n AS "memory", root: system\n Root memory region: system\n' +
      '  0000000000000000-0000000003ffffff (prio 0, romd): virt.flash0\n' +
      '  0000000040000000-000000013fffffff (prio 0, ram): mach-virt.ram\n\n';
    const ranges = guestMemory(parseMemoryTree(virt), blocks(['mach-virt.ram', 4 * GiB]));
    expect(ranges).toMatchObject([{ start: 0x40000000n, end: 0x140000000n, offset: 0 }]);
  });
});

describe('a memory tree is refused', () => {
  const view = (...lines: string[]): string => `FlatView #0\n AS "memory", root: system\n${lines.join('\n')}\n`;

  it('without the view of memory, or with two', () => {
    expect(() => parseMemoryTree('unknown command: info mtree -f')).toThrow(/0 views/);
    expect(() => parseMemoryTree(q35 + q35)).toThrow(/2 views/);
  });

  it('with a line that is not understood', () => {
    const text = view('  00000000-0000ffff (prio 0, ram): short');
    expect(() => parseMemoryTree(text)).toThrow(expect.objectContaining({ fault: 'UNSUPPORTED', offset: 39 }));
  });

  it('with regions on top of each other, or backwards', () => {
    const line = '  0000000000000000-0000000000000fff (prio 0, ram): a';
    expect(() => parseMemoryTree(view(line, line))).toThrow(/two regions/);
    expect(() => parseMemoryTree(view('  0000000000002000-0000000000000fff (prio 0, ram): a'))).toThrow(/ends before/);
  });

  it('when a region fits no block, or two', () => {
    const regions = parseMemoryTree(q35);
    expect(() => guestMemory(regions, q35Blocks.slice(0, 2))).toThrow(/"vga.vram" fits no block/);
    const two = [...q35Blocks, ...blocks(['0000:00:02.0/vga.vram', 16 * MiB])];
    expect(() => guestMemory(regions, two)).toThrow(
      /fits blocks "0000:00:01.0\/vga.vram" and "0000:00:02.0\/vga.vram"/,
    );
  });

  it('when a region is longer than its block', () => {
    const short = blocks(['pc.ram', 2 * GiB], ['pc.bios', 256 * KiB], ['vga.vram', 16 * MiB]);
    expect(() => guestMemory(parseMemoryTree(q35), short)).toThrow(/"pc.ram" is longer/);
  });

  it('when it is longer than any', () => {
    expect(() => parseMemoryTree(' '.repeat(16 * MiB + 1))).toThrow(expect.objectContaining({ fault: 'TOO_LARGE' }));
  });
});
