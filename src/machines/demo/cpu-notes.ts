import type { CpuNotes } from '../memory-source.ts';
import { chance } from './chance.ts';
import { kernel } from './vmcoreinfo.ts';

interface Registers {
  readonly general: ReadonlyMap<string, bigint>;
  readonly kernelGsBase: bigint;
}

/** Order of `struct user_regs_struct` (Linux arch/x86/include/asm/user_64.h), which NT_PRSTATUS holds. */
const prstatusOrder = [
  ...['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi'],
  ...['orig_rax', 'rip', 'cs', 'eflags', 'rsp', 'ss', 'fs_base', 'gs_base', 'ds', 'es', 'fs', 'gs'],
];
/** Order of QEMUCPUState (QEMU target/i386/arch_dump.c). */
const qemuOrder = [
  ...['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rsp', 'rbp'],
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip', 'eflags'],
];

/** Segments in QEMUCPUState's order, as a 64-bit Linux kernel has them: selector, limit, attributes of the descriptor. */
const segments = [
  { name: 'cs', selector: 0x10, limit: 0xffff_ffff, flags: 0x00af_9b00 },
  { name: 'ds', selector: 0, limit: 0xffff_ffff, flags: 0 },
  { name: 'es', selector: 0, limit: 0xffff_ffff, flags: 0 },
  { name: 'fs', selector: 0, limit: 0xffff_ffff, flags: 0 },
  { name: 'gs', selector: 0, limit: 0xffff_ffff, flags: 0 },
  { name: 'ss', selector: 0x18, limit: 0xffff_ffff, flags: 0x00cf_9300 },
  { name: 'ldt', selector: 0, limit: 0xffff_ffff, flags: 0x00c0_0000 },
  { name: 'tr', selector: 0x40, limit: 0x4087, flags: 0x0000_8b00 },
  { name: 'gdt', selector: 0, limit: 0x7f, flags: 0 },
  { name: 'idt', selector: 0, limit: 0xfff, flags: 0 },
] as const;

/** Both notes of one simulated CPU, idle in the kernel. */
export function demoCpuNotes(cpu: number, seed: number, epoch: number): CpuNotes {
  const registers = registersOf(cpu, chance(seed, cpu, epoch));
  return { prstatus: prstatus(cpu, registers), qemu: qemuState(registers) };
}

function registersOf(cpu: number, dice: number): Registers {
  const gsBase = 0xffff_8880_0780_0000n + BigInt(cpu) * 0x10_0000n;
  const stack = 0xffff_c900_0000_3e80n + BigInt(cpu) * 0x8000n;
  const general = new Map<string, bigint>([
    ['rip', kernel.textVirtual + BigInt((dice % kernel.textBytes) & ~0xf)],
    ['rsp', stack],
    ['rbp', BigInt(cpu)],
    ['rax', 0n],
    ['rbx', kernel.mapBase + BigInt(kernel.dataPhysical + 0x1_4580)],
    ['rcx', BigInt(dice)],
    ['r12', BigInt(cpu)],
    ['orig_rax', 0xffff_ffff_ffff_ffffn],
    ['eflags', 0x246n],
    ['cs', 0x10n],
    ['ss', 0x18n],
    ['gs_base', gsBase],
  ]);
  return { general, kernelGsBase: 0n };
}

/** `struct elf_prstatus` of x86_64: 336 bytes. */
function prstatus(cpu: number, { general }: Registers): Uint8Array {
  const bytes = Buffer.alloc(336);
  bytes.writeUInt32LE(cpu + 1, 32); // pr_pid: QEMU numbers CPUs from 1
  for (const [index, name] of prstatusOrder.entries()) bytes.writeBigUInt64LE(general.get(name) ?? 0n, 112 + index * 8); // pr_reg
  return bytes; // pr_fpvalid at 328 stays 0
}

/** QEMUCPUState version 1: 440 bytes. */
function qemuState({ general, kernelGsBase }: Registers): Uint8Array {
  const bytes = Buffer.alloc(440);
  bytes.writeUInt32LE(1, 0); // version
  bytes.writeUInt32LE(bytes.length, 4); // size
  for (const [index, name] of qemuOrder.entries()) bytes.writeBigUInt64LE(general.get(name) ?? 0n, 8 + index * 8);
  for (const [index, { name, selector, limit, flags }] of segments.entries()) {
    const at = 152 + index * 24;
    bytes.writeUInt32LE(selector, at);
    bytes.writeUInt32LE(limit, at + 4);
    bytes.writeUInt32LE(flags, at + 8); // four bytes of padding follow
    bytes.writeBigUInt64LE(name === 'gs' ? (general.get('gs_base') ?? 0n) : 0n, at + 16);
  }
  bytes.writeBigUInt64LE(0x8005_0033n, 392); // cr0: paging, write protection, protected mode
  bytes.writeBigUInt64LE(0n, 400); // cr1 does not exist
  bytes.writeBigUInt64LE(0n, 408); // cr2
  bytes.writeBigUInt64LE(BigInt(kernel.pageTablePhysical), 416); // cr3
  bytes.writeBigUInt64LE(0x6f0n, 424); // cr4: physical address extension and what Linux always sets
  bytes.writeBigUInt64LE(kernelGsBase, 432);
  return bytes;
}
