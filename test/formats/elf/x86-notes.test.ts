import { describe, expect, it } from 'vitest';
import { notesSize } from '../../../src/formats/elf/note.ts';
import { x86Machine, x86Notes, x86NotesSize } from '../../../src/formats/elf/x86-notes.ts';
import { cpu } from './guest.ts';

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

describe('the notes of x86 processors', () => {
  it('are NT_PRSTATUS of each, then QEMU of each, in the order of their numbers', () => {
    const notes = x86Notes([cpu(1), cpu(0)]);
    expect(notes.map(({ name, type, desc }) => [name, type, desc.length])).toEqual([
      ['CORE', 1, 336],
      ['CORE', 1, 336],
      ['QEMU', 0, 440],
      ['QEMU', 0, 440],
    ]);
    expect(notes.slice(0, 2).map(({ desc }) => view(desc).getUint32(32, true))).toEqual([1, 2]);
    expect(notesSize(notes)).toBe(x86NotesSize(2));
  });

  it('have the registers of struct user_regs_struct from byte 112 on', () => {
    const one = cpu(0);
    const { registers: r, segments: s } = one;
    const desc = view(x86Notes([one])[0]!.desc);
    const words = Array.from({ length: 27 }, (_, i) => desc.getBigUint64(112 + i * 8, true));
    // r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs
    const general = [r.r15, r.r14, r.r13, r.r12, r.rbp, r.rbx, r.r11, r.r10, r.r9, r.r8, r.rax, r.rcx, r.rdx, r.rsi];
    expect(words.slice(0, 14)).toEqual(general);
    expect(words.slice(14)).toEqual([
      r.rdi,
      0n,
      one.rip,
      BigInt(s.cs.selector),
      one.rflags,
      r.rsp,
      BigInt(s.ss.selector),
      s.fs.base,
      s.gs.base,
      BigInt(s.ds.selector),
      BigInt(s.es.selector),
      BigInt(s.fs.selector),
      BigInt(s.gs.selector),
    ]);
  });

  it('have QEMUCPUState with version, size, registers, segments, control registers', () => {
    const one = cpu(0);
    const { registers: r, segments: s } = one;
    const desc = view(x86Notes([one])[1]!.desc);
    expect([desc.getUint32(0, true), desc.getUint32(4, true)]).toEqual([1, 440]);
    const general = [r.rax, r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rsp, r.rbp, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13];
    const words = Array.from({ length: 18 }, (_, i) => desc.getBigUint64(8 + i * 8, true));
    expect(words).toEqual([...general, r.r14, r.r15, one.rip, one.rflags]);
    for (const [i, segment] of [s.cs, s.ds, s.es, s.fs, s.gs, s.ss, s.ldt, s.tr, s.gdt, s.idt].entries()) {
      const at = 152 + i * 24;
      const fields = [0, 4, 8, 12].map((field) => desc.getUint32(at + field, true));
      expect(fields).toEqual([segment.selector, segment.limit, segment.flags, 0]);
      expect(desc.getBigUint64(at + 16, true)).toBe(segment.base);
    }
    const control = Array.from({ length: 6 }, (_, i) => desc.getBigUint64(392 + i * 8, true));
    expect(control).toEqual([one.cr0, 0n, one.cr2, one.cr3, one.cr4, one.kernelGsBase]);
  });

  it('are those of i386 when the first processor is not in long mode', () => {
    const cpus = [cpu(0, { efer: 0n, rip: 0xffff_fff0n }), cpu(1)];
    expect(x86Machine(cpus)).toBe('i386');
    expect(x86Machine([cpu(1), cpu(0)])).toBe('x86_64');
    const [first] = x86Notes(cpus);
    expect(first!.desc.length).toBe(144);
    const desc = view(first!.desc);
    expect(desc.getUint32(24, true)).toBe(1);
    const { registers: r, segments: s } = cpus[0]!;
    const low = (value: bigint): number => Number(value & 0xffffffffn);
    const words = Array.from({ length: 17 }, (_, i) => desc.getUint32(72 + i * 4, true));
    expect(words).toEqual([
      ...[r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp, r.rax].map(low),
      ...[s.ds, s.es, s.fs, s.gs].map(({ selector }) => selector),
      0,
      0xfffffff0,
      s.cs.selector,
      0x246,
      low(r.rsp),
      s.ss.selector,
    ]);
  });
});
