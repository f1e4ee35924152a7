import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeCoreHeader } from '../../../src/formats/elf/core-header.ts';
import { kernelText } from '../../../src/formats/elf/kernel-text.ts';
import { planCore } from '../../../src/formats/elf/layout.ts';
import { parseVmcoreinfo, VMCOREINFO_NOTE_MAX, vmcoreinfoNote } from '../../../src/formats/elf/vmcoreinfo.ts';
import { x86Notes, x86NotesSize } from '../../../src/formats/elf/x86-notes.ts';
import { lacks } from '../../system.ts';
import { cpu, vmcoreinfoText } from './guest.ts';

const MiB = 1024n * 1024n;
const info = parseVmcoreinfo(vmcoreinfoText);

describe('the header of an image', () => {
  it('is these bytes for two ranges and one small note', () => {
    const layout = planCore({
      ranges: [
        { start: 0n, end: 0xa0000n },
        { start: 0x1_0000_0000n, end: 0x1_0010_0000n },
      ],
      notesSize: 100,
      kernelText: true,
    });
    const header = encodeCoreHeader(layout, {
      machine: 'x86_64',
      notes: [{ name: 'QEMU', type: 0, desc: Buffer.from('hello') }],
    });
    const row = (at: number, length: number): string => Buffer.from(header.subarray(at, at + length)).toString('hex');
    expect(header.length).toBe(4096);
    expect(row(0, 64)).toBe(
      '7f454c46020101000000000000000000' + // e_ident: ELF64, little-endian, System V
        '04003e0001000000' + // a core, x86-64, version 1
        '0000000000000000' + // no entry
        '4000000000000000' + // program headers at 64
        '0000000000000000' + // no section headers
        '00000000' + // flags
        '40003800' + // 64 bytes of header, 56 per program header
        '0300' + // three of them: the slot for the kernel text is not counted
        '000000000000',
    );
    expect(row(64, 56)).toBe(
      '0400000000000000' + // PT_NOTE
        'e800000000000000' + // at 64 + 3 × 56
        '00000000000000000000000000000000' +
        '1c000000000000001c00000000000000' + // 28 bytes, not the 100 of the room
        '0000000000000000',
    );
    expect(row(64 + 2 * 56, 56)).toBe(
      '0100000000000000' + // PT_LOAD
        '00100a0000000000' + // behind the first range
        '0000000001000000' + // p_vaddr and p_paddr: 4 GiB
        '0000000001000000' +
        '00001000000000000000100000000000' +
        '0000000000000000', // p_align 0
    );
    expect(row(0xe8, 28)).toBe('050000000500000000000000' + '51454d5500000000' + '68656c6c6f000000');
    expect(header.subarray(0xe8 + 28).every((byte) => byte === 0)).toBe(true);
  });

  it('has the kernel text last, cut at the end of its range', () => {
    const layout = planCore({ ranges: [{ start: 0n, end: 0x1c00_0000n }], notesSize: 0, kernelText: true });
    const header = encodeCoreHeader(layout, { machine: 'x86_64', notes: [], kernelText: kernelText(info) });
    const view = new DataView(header.buffer, 64 + 2 * 56);
    expect(new DataView(header.buffer).getUint16(56, true)).toBe(3);
    expect(view.getUint32(0, true)).toBe(1);
    expect(view.getBigUint64(8, true)).toBe(0x1b80_1000n);
    expect(view.getBigUint64(16, true)).toBe(0xffff_ffff_9ae0_0000n);
    expect(view.getBigUint64(24, true)).toBe(0x1b80_0000n);
    expect(view.getBigUint64(32, true)).toBe(8n * MiB);
  });

  it('leaves out a kernel text that is not in this memory', () => {
    const layout = planCore({ ranges: [{ start: 0n, end: 16n * MiB }], notesSize: 0, kernelText: true });
    const header = encodeCoreHeader(layout, { machine: 'x86_64', notes: [], kernelText: kernelText(info) });
    expect(new DataView(header.buffer).getUint16(56, true)).toBe(2);
  });

  it('refuses what was not planned for', () => {
    const layout = planCore({ ranges: [{ start: 0n, end: 1024n * MiB }], notesSize: 24, kernelText: false });
    const note = { name: 'QEMU', type: 0, desc: Buffer.from('abcde') };
    expect(() => encodeCoreHeader(layout, { machine: 'aarch64', notes: [note] })).toThrow(/28 bytes of notes/);
    const text = kernelText(info);
    expect(() => encodeCoreHeader(layout, { machine: 'x86_64', notes: [], kernelText: text })).toThrow(
      /no program header/,
    );
  });
});

describe('an image of two processors with VMCOREINFO and kernel text', () => {
  const folder = mkdtempSync(join(tmpdir(), 'elf-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const layout = planCore({
    ranges: [
      { start: 0n, end: 0xa0000n },
      { start: 0xc0000n, end: 480n * MiB },
    ],
    notesSize: x86NotesSize(2) + VMCOREINFO_NOTE_MAX,
    kernelText: true,
  });
  const header = encodeCoreHeader(layout, {
    machine: 'x86_64',
    notes: [...x86Notes([cpu(0), cpu(1)]), vmcoreinfoNote(vmcoreinfoText)],
    kernelText: kernelText(info),
  });
  const path = join(folder, 'image.elf');
  const memory = Buffer.alloc(Number(16n * MiB));
  memory.writeBigUInt64LE(0x1122334455667788n, (layout.offsetOf(0x100010n) as number) - layout.headerSize);
  // The file ends early: what the tools are asked for lies in front.
  writeFileSync(path, Buffer.concat([header, memory]));

  it.skipIf(lacks('readelf'))('is read by readelf', () => {
    const { stdout, stderr, status } = spawnSync('readelf', ['-h', '-l', '-n', '-W', path], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stderr.replace(/.*(past end of file|beyond the end).*\n?/g, '')).toBe('');
    expect(stdout).toMatch(/Type:\s+CORE/);
    expect(stdout).toMatch(/Machine:\s+Advanced Micro Devices X86-64/);
    expect(stdout.match(/^ {2}LOAD .*/gm)).toEqual([
      expect.stringContaining('0x002000 0x0000000000000000 0x0000000000000000 0x0a0000 0x0a0000'),
      expect.stringContaining('0x0a2000 0x00000000000c0000 0x00000000000c0000 0x1df40000 0x1df40000'),
      expect.stringContaining('0xffffffff9ae00000 0x000000001b800000 0x2800000 0x2800000'),
    ]);
    expect(stdout.match(/^ {2}(CORE|QEMU|VMCOREINFO) .*/gm)).toEqual([
      expect.stringMatching(/CORE +0x00000150\s+NT_PRSTATUS/),
      expect.stringMatching(/CORE +0x00000150\s+NT_PRSTATUS/),
      expect.stringMatching(/QEMU +0x000001b8/),
      expect.stringMatching(/QEMU +0x000001b8/),
      expect.stringMatching(/VMCOREINFO +0x/),
    ]);
  });

  it.skipIf(lacks('gdb'))('is read by gdb: registers and memory', () => {
    const commands = [`target core ${path}`, 'info threads', 'p/x $rip', 'p/x $r15', 'x/1gx 0x100010'];
    const args = ['-batch', '-nx', ...commands.flatMap((command) => ['-ex', command])];
    const { stdout } = spawnSync('gdb', args, { encoding: 'utf8', env: { PATH: process.env.PATH } });
    expect(stdout.match(/^[* ] +\d+ /gm)).toHaveLength(2);
    expect(stdout).toContain('$1 = 0x100000000002000');
    expect(stdout).toContain('$2 = 0x10000000000100f');
    expect(stdout).toMatch(/0x100010:\s+0x1122334455667788/);
  });
});
