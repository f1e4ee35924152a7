import type { Machine } from './elf-format.ts';
import { type CoreNote, noteSize } from './note.ts';
import { inLongMode, type X86Cpu, type X86Register, type X86Segment } from './x86-cpu.ts';

const NT_PRSTATUS = 1;
const PRSTATUS_64_SIZE = 336;
const PRSTATUS_32_SIZE = 144;
const QEMU_CPU_STATE_SIZE = 440;
const QEMU_CPU_STATE_VERSION = 1;

/** Room for the notes of that many processors, whichever mode they turn out to run in. */
export function x86NotesSize(cpus: number): number {
  return cpus * (noteSize('CORE', PRSTATUS_64_SIZE) + noteSize('QEMU', QEMU_CPU_STATE_SIZE));
}

/** The machine of an image: like QEMU (target/i386/arch_dump.c), by the mode that the first processor runs in. */
export function x86Machine(cpus: readonly X86Cpu[]): Machine {
  return cpus[0] === undefined || inLongMode(cpus[0]) ? 'x86_64' : 'i386';
}

/**
 * The notes of all processors, byte for byte as QEMU's dump-guest-memory writes them: first NT_PRSTATUS of each, then
 * QEMU's own note of each, in the order of the processors' numbers.
 */
export function x86Notes(cpus: readonly X86Cpu[]): CoreNote[] {
  const ordered = [...cpus].sort((a, b) => a.index - b.index);
  const prstatus = x86Machine(ordered) === 'x86_64' ? prstatus64 : prstatus32;
  return [
    ...ordered.map((cpu) => ({ name: 'CORE', type: NT_PRSTATUS, desc: prstatus(cpu) })),
    ...ordered.map((cpu) => ({ name: 'QEMU', type: 0, desc: qemuCpuState(cpu) })),
  ];
}

/** struct elf_prstatus of x86-64 Linux: pr_pid at 32, the 27 words of user_regs_struct at 112, the rest is 0. */
function prstatus64({ index, registers: r, rip, rflags, segments: s }: X86Cpu): Uint8Array {
  const desc = new Uint8Array(PRSTATUS_64_SIZE);
  const view = new DataView(desc.buffer);
  view.setUint32(32, index + 1, true); // pr_pid: QEMU counts processors from 1
  const first = [r.r15, r.r14, r.r13, r.r12, r.rbp, r.rbx, r.r11, r.r10, r.r9, r.r8, r.rax, r.rcx, r.rdx, r.rsi, r.rdi];
  const origRax = 0n;
  const selector = ({ selector }: X86Segment): bigint => BigInt(selector);
  const words = [
    ...first,
    origRax,
    rip,
    selector(s.cs),
    rflags,
    r.rsp,
    selector(s.ss),
    s.fs.base,
    s.gs.base,
    selector(s.ds),
    selector(s.es),
    selector(s.fs),
    selector(s.gs),
  ];
  for (const [i, word] of words.entries()) view.setBigUint64(112 + i * 8, word, true);
  return desc;
}

/** struct elf_prstatus of i386 Linux: pr_pid at 24, the 17 words of user_regs_struct at 72, the rest is 0. */
function prstatus32({ index, registers: r, rip, rflags, segments: s }: X86Cpu): Uint8Array {
  const desc = new Uint8Array(PRSTATUS_32_SIZE);
  const view = new DataView(desc.buffer);
  view.setUint32(24, index + 1, true); // pr_pid
  const word = (value: bigint): number => Number(value & 0xffff_ffffn);
  // A selector has 16 bits of its word; the other half is padding and 0.
  const selector = ({ selector }: X86Segment): number => selector & 0xffff;
  const origEax = 0;
  const words = [
    ...[r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp, r.rax].map(word),
    ...[s.ds, s.es, s.fs, s.gs].map(selector),
    origEax,
    word(rip),
    selector(s.cs),
    word(rflags),
    word(r.rsp),
    selector(s.ss),
  ];
  for (const [i, value] of words.entries()) view.setUint32(72 + i * 4, value, true);
  return desc;
}

/** QEMUCPUState of target/i386/arch_dump.c, version 1 with kernel_gs_base (QEMU 3.0 and later). */
function qemuCpuState({ registers: r, rip, rflags, segments: s, ...cpu }: X86Cpu): Uint8Array {
  const desc = new Uint8Array(QEMU_CPU_STATE_SIZE);
  const view = new DataView(desc.buffer);
  view.setUint32(0, QEMU_CPU_STATE_VERSION, true);
  view.setUint32(4, QEMU_CPU_STATE_SIZE, true);
  let at = 8;
  const put = (value: bigint): void => {
    view.setBigUint64(at, value, true);
    at += 8;
  };
  const order: readonly X86Register[] = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rsp', 'rbp'];
  for (const name of order) put(r[name]);
  for (const value of [r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, rip, rflags]) put(value);
  for (const segment of [s.cs, s.ds, s.es, s.fs, s.gs, s.ss, s.ldt, s.tr, s.gdt, s.idt]) {
    view.setUint32(at, segment.selector, true);
    view.setUint32(at + 4, segment.limit, true);
    view.setUint32(at + 8, segment.flags, true); // 4 bytes of padding follow
    view.setBigUint64(at + 16, segment.base, true);
    at += 24;
  }
  const cr1 = 0n;
  for (const value of [cpu.cr0, cr1, cpu.cr2, cpu.cr3, cpu.cr4, cpu.kernelGsBase]) put(value);
  return desc;
}
